//! Agents' own tokens.

use jiff::Timestamp;
use serde_json::json;
use switchtower_tests::{World, agent::AgentKey, idp::KEYS};

const PROBE: &str = "/v1/agent/deployments";

#[tokio::test]
async fn an_agent_is_known_by_the_token_that_it_signed() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let owner = world.owner(&acme);
    let cluster = owner.post("/v1/operator/clusters", json!({ "name": "berlin" })).await.ok(201).id();
    let agent = world.agent(&owner, &cluster).await;
    agent.client(&world).get(PROBE).await.ok(200);
}

#[tokio::test]
async fn tokens_that_an_agent_should_not_have_signed_are_refused() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let owner = world.owner(&acme);
    let cluster = owner.post("/v1/operator/clusters", json!({ "name": "berlin" })).await.ok(201).id();
    let agent = world.agent(&owner, &cluster).await;
    let other = world.agent(&owner, &cluster).await;
    let now = Timestamp::now().as_second();
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = agent.claims();
        claims[name] = value;
        agent.key.sign(&agent.id, &claims)
    };
    for (what, token) in [
        ("another audience", with("aud", json!("https://elsewhere.example.com"))),
        ("a subject that is not the key's", with("sub", json!(other.id))),
        ("an end that has passed", with("exp", json!(now - 120))),
        ("a life of more than a minute", with("exp", json!(now + 3600))),
        ("an end before the beginning", with("iat", json!(now + 61))),
        ("another agent's key id", agent.key.sign(&other.id, &other.claims())),
        ("a key of nobody", AgentKey::new().sign(&agent.id, &agent.claims())),
        ("a key id that is none", agent.key.sign("somebody", &agent.claims())),
    ] {
        let answer = world.anyone().bearer(&token).get(PROBE).await;
        assert_eq!(answer.status, 401, "{what} is accepted");
        answer.problem(401, "invalid_token");
    }
    let user_like = switchtower_tests::idp::sign(&KEYS.rsa, &agent.claims());
    world.anyone().bearer(&user_like).get(PROBE).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn an_agent_that_was_never_there_is_told_to_register() {
    let world = World::new().await;
    let key = AgentKey::new();
    let id = "agt_01k2m5z8h3v9q4x7n6p0r2s1t5";
    let now = Timestamp::now().as_second();
    let claims = json!({ "sub": id, "aud": switchtower_tests::agent::AUDIENCE, "iat": now, "exp": now + 60 });
    world.anyone().bearer(&key.sign(id, &claims)).get(PROBE).await.problem(401, "agent_revoked");
}
