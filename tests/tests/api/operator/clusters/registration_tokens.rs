//! `/v1/operator/clusters/{id}/registration-tokens`

use jiff::SignedDuration;
use serde_json::json;
use switchtower_tests::{Client, World, agent::AgentKey};

const CLUSTERS: &str = "/v1/operator/clusters";

/// The path of the tokens of a new cluster.
async fn tokens(owner: &Client<'_>, name: &str) -> String {
    let cluster = owner.post(CLUSTERS, json!({ "name": name })).await.ok(201).id();
    format!("{CLUSTERS}/{cluster}/registration-tokens")
}

#[tokio::test]
async fn a_token_is_shown_once_and_lives_for_half_an_hour() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = tokens(&owner, "berlin").await;
    let issued = owner.act(&path).await.ok(201);
    assert!(issued["token"].as_str().unwrap().starts_with("swr_"));
    assert_eq!(issued["status"], "unused");
    assert_eq!(issued.header("location"), Some(format!("{path}/{}", issued.id()).as_str()));
    let end: jiff::Timestamp = issued["expires_at"].as_str().unwrap().parse().unwrap();
    let life = end.duration_since(world.clock.now());
    assert!(life <= SignedDuration::from_mins(30) && life > SignedDuration::from_mins(29));
    let listed = owner.get(&path).await.ok(200);
    assert_eq!(listed.items().len(), 1);
    assert!(listed.items()[0].get("token").is_none());
}

#[tokio::test]
async fn a_token_is_revoked_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = tokens(&owner, "berlin").await;
    let issued = owner.act(&path).await.ok(201);
    let one = format!("{path}/{}", issued.id());
    owner.delete(&one).await.ok(204);
    let again = owner.delete(&one).await.problem(409, "wrong_state");
    assert_eq!(again["current_state"], "revoked");
    let refused = world.register(issued["token"].as_str().unwrap(), &AgentKey::new()).await;
    refused.problem(401, "registration_token_invalid");
}

#[tokio::test]
async fn a_used_or_expired_token_is_not_revoked() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = tokens(&owner, "berlin").await;
    let used = owner.act(&path).await.ok(201);
    world.register(used["token"].as_str().unwrap(), &AgentKey::new()).await.ok(201);
    let refused = owner.delete(&format!("{path}/{}", used.id())).await.problem(409, "wrong_state");
    assert_eq!(refused["current_state"], "used");
    let left = owner.act(&path).await.ok(201);
    world.clock.advance(SignedDuration::from_mins(31));
    let refused = owner.delete(&format!("{path}/{}", left.id())).await.problem(409, "wrong_state");
    assert_eq!(refused["current_state"], "expired");
}

#[tokio::test]
async fn a_token_of_another_cluster_is_not_found() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let (berlin, paris) = (tokens(&owner, "berlin").await, tokens(&owner, "paris").await);
    let issued = owner.act(&berlin).await.ok(201).id();
    owner.delete(&format!("{paris}/{issued}")).await.problem(404, "not_found");
    owner.delete(&format!("{berlin}/{issued}")).await.ok(204);
    assert!(owner.get(&paris).await.ok(200).items().is_empty());
}

#[tokio::test]
async fn an_unknown_cluster_has_no_tokens() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{CLUSTERS}/clu_01k2m5z8h3v9q4x7n6p0r2s1t5/registration-tokens");
    owner.act(&path).await.problem(404, "not_found");
    owner.get(&path).await.problem(404, "not_found");
}
