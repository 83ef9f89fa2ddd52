//! `/v1/operator/agents`

use serde_json::json;
use switchtower_tests::{Estate, World};

const AGENTS: &str = "/v1/operator/agents";

fn beat() -> serde_json::Value {
    json!({ "version": "0.2.0", "applied_version": 0 })
}

#[tokio::test]
async fn agents_are_listed_by_cluster() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let paris = owner.post("/v1/operator/clusters", json!({ "name": "paris" })).await.ok(201).id();
    world.agent(&owner, &paris).await;
    assert_eq!(owner.get(AGENTS).await.ok(200).items().len(), 2);
    let berlin = owner.get(&format!("{AGENTS}?cluster_id={}", estate.id("clusters"))).await.ok(200);
    assert_eq!(berlin.items().len(), 1);
    assert_eq!(berlin.items()[0]["id"], json!(estate.agent.id));
}

#[tokio::test]
async fn an_agent_shows_its_last_heartbeat() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/operator/agents/{id}");
    let before = owner.get(&path).await.ok(200);
    estate.agent.client(&world).post("/v1/agent/heartbeats", beat()).await.ok(200);
    let after = owner.get(&path).await.ok(200);
    assert_eq!(after["status"], "online");
    assert!(after["last_heartbeat_at"].as_str() > before["last_heartbeat_at"].as_str());
    assert!(after.body.get("secret").is_none());
}

#[tokio::test]
async fn a_revoked_agent_is_refused_on_the_next_request_and_revoked_once() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let agent = estate.agent.client(&world);
    agent.post("/v1/agent/heartbeats", beat()).await.ok(200);
    let path = estate.path("/v1/operator/agents/{id}");
    assert_eq!(owner.act(&format!("{path}/revoke")).await.ok(200)["status"], "revoked");
    agent.post("/v1/agent/heartbeats", beat()).await.problem(401, "agent_revoked");
    agent.get("/v1/agent/deployments").await.problem(401, "agent_revoked");
    agent.act("/v1/agent/queue-credentials").await.problem(401, "agent_revoked");
    let again = owner.act(&format!("{path}/revoke")).await.problem(409, "wrong_state");
    assert_eq!(again["current_state"], "revoked");
}

#[tokio::test]
async fn a_deleted_agent_is_refused_on_the_next_request_and_deleted_once() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let agent = estate.agent.client(&world);
    agent.post("/v1/agent/heartbeats", beat()).await.ok(200);
    let path = estate.path("/v1/operator/agents/{id}");
    owner.delete(&path).await.ok(204);
    agent.post("/v1/agent/heartbeats", beat()).await.problem(401, "agent_revoked");
    owner.get(&path).await.problem(404, "not_found");
    owner.delete(&path).await.problem(404, "not_found");
    owner.act(&format!("{path}/revoke")).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_new_token_brings_a_new_agent_to_the_same_cluster() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    owner.act(&estate.path("/v1/operator/agents/{id}/revoke")).await.ok(200);
    let next = world.agent(&owner, estate.id("clusters")).await;
    let desired = next.client(&world).get("/v1/agent/deployments").await.ok(200);
    assert_eq!(desired.items()[0]["deployment_id"], json!(estate.id("deployments")));
}
