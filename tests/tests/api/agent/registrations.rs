//! `/v1/agent/registrations`

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use switchtower_domain::{
    credential::Credential,
    registration_token::{RegistrationToken, RegistrationTokenId},
};
use switchtower_tests::{World, account::Account, agent::AgentKey};

/// A world with a cluster, and a token for it.
async fn world() -> (World, String) {
    let (world, _, token) = owned_world().await;
    (world, token)
}

/// The same, with its owner.
async fn owned_world() -> (World, Account, String) {
    let world = World::new().await;
    let owner = world.tenant("acme").await;
    let client = world.owner(&owner);
    let cluster = client.post("/v1/operator/clusters", json!({ "name": "berlin" })).await.ok(201).id();
    let tokens = format!("/v1/operator/clusters/{cluster}/registration-tokens");
    let token = client.act(&tokens).await.ok(201)["token"].as_str().unwrap().to_owned();
    drop(client);
    (world, owner, token)
}

#[tokio::test]
async fn a_token_becomes_an_agent() {
    let (world, token) = world().await;
    let answer = world.register(&token, &AgentKey::new()).await.ok(201);
    assert_eq!(answer["audience"], switchtower_tests::agent::AUDIENCE);
    assert_eq!(answer["heartbeat_seconds"], 30);
    let agent = answer["agent_id"].as_str().unwrap();
    assert_eq!(answer.header("location"), Some(format!("/v1/operator/agents/{agent}").as_str()));
}

#[tokio::test]
async fn a_token_that_is_replayed_loses() {
    let (world, token) = world().await;
    world.register(&token, &AgentKey::new()).await.ok(201);
    world.register(&token, &AgentKey::new()).await.problem(409, "registration_token_used");
}

#[tokio::test]
async fn an_agent_whose_answer_was_lost_asks_again_and_is_told_the_same() {
    let (world, token) = world().await;
    let key = AgentKey::new();
    let first = world.register(&token, &key).await.ok(201);
    world.clock.advance(SignedDuration::from_mins(31));
    let again = world.register(&token, &key).await.ok(201);
    assert_eq!(first.body, again.body);
    let rows = world.rows().await;
    assert_eq!(rows.iter().filter(|row| row["kind"].as_s().unwrap() == "agent").count(), 1);
}

#[tokio::test]
async fn an_agent_that_was_revoked_cannot_come_back_with_its_token() {
    let (world, owner, token) = owned_world().await;
    let (owner, key) = (world.owner(&owner), AgentKey::new());
    let agent = world.register(&token, &key).await.ok(201)["agent_id"].as_str().unwrap().to_owned();
    owner.act(&format!("/v1/operator/agents/{agent}/revoke")).await.ok(200);
    world.register(&token, &key).await.problem(409, "registration_token_used");
    owner.delete(&format!("/v1/operator/agents/{agent}")).await.ok(204);
    world.register(&token, &key).await.problem(409, "registration_token_used");
}

#[tokio::test]
async fn of_many_registrations_with_one_token_one_wins() {
    let (world, token) = world().await;
    let keys: Vec<_> = (0..6).map(|_| AgentKey::new()).collect();
    let answers = join_all(keys.iter().map(|key| world.register(&token, key))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((answer.status.as_u16(), &answer["code"]), (409, &json!("registration_token_used")));
    }
    let rows = world.rows().await;
    assert_eq!(rows.iter().filter(|row| row["kind"].as_s().unwrap() == "agent").count(), 1);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let (world, token) = world().await;
    world.clock.advance(SignedDuration::from_mins(30));
    let answer = world.register(&token, &AgentKey::new()).await.problem(401, "registration_token_invalid");
    assert!(answer["detail"].as_str().unwrap().contains("expired"));
}

#[tokio::test]
async fn a_mistyped_token_is_refused_without_a_read() {
    let (world, token) = world().await;
    let (body, _) = token.rsplit_once('_').unwrap();
    world.calls.take();
    for bad in [format!("{body}_00000000"), body.to_owned(), "swr_".to_owned(), "x".to_owned(), token.to_uppercase()] {
        world.register(&bad, &AgentKey::new()).await.problem(401, "registration_token_invalid");
    }
    assert!(world.calls.take().is_empty());
}

#[tokio::test]
async fn an_unknown_token_and_a_wrong_secret_are_answered_alike() {
    let (world, token) = world().await;
    let id: RegistrationTokenId = token.parse::<Credential<RegistrationToken>>().unwrap().id;
    let wrong = Credential::<RegistrationToken>::new(id, [7; 32]).reveal();
    let unknown = Credential::<RegistrationToken>::new(RegistrationTokenId::from_parts(1, 1), [7; 32]).reveal();
    let wrong = world.register(&wrong, &AgentKey::new()).await.problem(401, "registration_token_invalid");
    let unknown = world.register(&unknown, &AgentKey::new()).await.problem(401, "registration_token_invalid");
    assert_eq!(wrong["detail"], unknown["detail"]);
    world.register(&token, &AgentKey::new()).await.ok(201);
}

#[tokio::test]
async fn a_public_key_that_is_none_does_not_cost_the_token() {
    let (world, token) = world().await;
    for bad in ["", "x", &"A".repeat(42), &"A".repeat(44), &format!("{}B", "A".repeat(42)), &"+".repeat(43)] {
        let request = json!({
            "token": token, "public_key": bad, "name": "agent-1", "version": "1", "driver": "directory",
        });
        world.anyone().post("/v1/agent/registrations", request).await.problem(400, "invalid_body");
    }
    world.register(&token, &AgentKey::new()).await.ok(201);
}

#[tokio::test]
async fn a_token_of_a_suspended_tenant_is_refused() {
    let (world, token) = world().await;
    let root = world.system_admin();
    let tenant = root.get("/v1/admin/tenants").await.ok(200).items()[0]["id"].as_str().unwrap().to_owned();
    root.act(&format!("/v1/admin/tenants/{tenant}/suspend")).await.ok(200);
    world.register(&token, &AgentKey::new()).await.problem(403, "tenant_suspended");
    root.act(&format!("/v1/admin/tenants/{tenant}/activate")).await.ok(200);
    world.register(&token, &AgentKey::new()).await.ok(201);
}
