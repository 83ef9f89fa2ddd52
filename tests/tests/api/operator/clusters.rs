//! `/v1/operator/clusters`

mod registration_tokens;

use jiff::SignedDuration;
use serde_json::{Value, json};
use switchtower_tests::{Estate, World};

const CLUSTERS: &str = "/v1/operator/clusters";

#[tokio::test]
async fn a_cluster_begins_pending_at_revision_1() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let owner = world.owner(&acme);
    let made = owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    assert_eq!(made["status"], "pending");
    assert_eq!(made["tenant_id"], json!(acme.id));
    assert_eq!(made["created_by"], json!(format!("user:{}", acme.owner())));
    assert_eq!(made.etag(), "\"1\"");
    assert_eq!(made.header("location"), Some(format!("{CLUSTERS}/{}", made.id()).as_str()));
    let got = owner.get(&format!("{CLUSTERS}/{}", made.id())).await.ok(200);
    assert_eq!(got.body, made.body);
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    let again = owner.post(CLUSTERS, json!({ "name": "berlin" })).await.problem(409, "name_taken");
    assert_eq!(again.bad_fields(), ["/name name_taken"]);
    let paris = owner.post(CLUSTERS, json!({ "name": "paris" })).await.ok(201).id();
    let path = format!("{CLUSTERS}/{paris}");
    owner.patch(&path, json!({ "name": "berlin" })).await.problem(409, "name_taken");
    owner.put(&path, json!({ "name": "berlin" })).await.problem(409, "name_taken");
    owner.patch(&path, json!({ "name": "rome" })).await.ok(200);
    owner.post(CLUSTERS, json!({ "name": "paris" })).await.ok(201);
}

#[tokio::test]
async fn a_cluster_with_queue_and_agent_is_active() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let got = world.owner(&estate.account).get(&estate.path("/v1/operator/clusters/{id}")).await.ok(200);
    assert_eq!((&got["status"], &got["has_agent"]), (&json!("active"), &json!(true)));
}

#[tokio::test]
async fn a_cluster_whose_agents_fell_silent_during_maintenance_is_inactive_after_it() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let act = |verb: &str| format!("{}/{verb}", estate.path("/v1/operator/clusters/{id}"));
    let heartbeat = json!({ "version": "0.1.0", "applied_version": 0 });
    owner.act(&act("maintenance")).await.ok(200);
    world.clock.advance(SignedDuration::from_secs(400));
    world.control.fleet_watch(&world.context()).await.unwrap();
    assert_eq!(owner.act(&act("activate")).await.ok(200)["status"], "inactive");
    estate.agent.client(&world).post("/v1/agent/heartbeats", heartbeat).await.ok(200);
    assert_eq!(owner.get(&estate.path("/v1/operator/clusters/{id}")).await.ok(200)["status"], "active");
    owner.act(&act("maintenance")).await.ok(200);
    assert_eq!(owner.act(&act("activate")).await.ok(200)["status"], "active");
}

#[tokio::test]
async fn maintenance_begins_once_and_ends_once() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let act = |verb: &str| format!("{}/{verb}", estate.path("/v1/operator/clusters/{id}"));
    let refused = owner.act(&act("activate")).await.problem(409, "wrong_state");
    assert_eq!(refused["current_state"], "active");
    assert_eq!(owner.act(&act("maintenance")).await.ok(200)["status"], "maintenance");
    let refused = owner.act(&act("maintenance")).await.problem(409, "wrong_state");
    assert_eq!(refused["current_state"], "maintenance");
    let publish = estate.path("/v1/provider/product-publishes/{id}/publish");
    owner.act(&publish).await.problem(409, "wrong_state");
    assert_eq!(owner.act(&act("activate")).await.ok(200)["status"], "active");
    owner.act(&act("activate")).await.problem(409, "wrong_state");
    owner.act(&publish).await.ok(200);
}

#[tokio::test]
async fn a_cluster_without_agents_is_pending_after_maintenance() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{CLUSTERS}/{}", owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id());
    owner.act(&format!("{path}/maintenance")).await.ok(200);
    assert_eq!(owner.act(&format!("{path}/activate")).await.ok(200)["status"], "pending");
}

#[tokio::test]
async fn a_cluster_with_deployments_is_not_deleted_and_tells_which() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let refused = owner.delete(&estate.path("/v1/operator/clusters/{id}")).await.problem(409, "in_use");
    assert_eq!(refused["used_by"], json!([{ "kind": "deployment", "id": estate.id("deployments") }]));
}

#[tokio::test]
async fn a_cluster_that_a_draft_names_is_not_deleted_and_tells_which() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let paris = owner.post(CLUSTERS, json!({ "name": "paris" })).await.ok(201).id();
    let draft = switchtower_tests::estate::publish("draft", estate.id("products"), estate.id("gateways"), &paris);
    let draft = owner.post("/v1/provider/product-publishes", draft).await.ok(201).id();
    let refused = owner.delete(&format!("{CLUSTERS}/{paris}")).await.problem(409, "in_use");
    assert_eq!(refused["used_by"], json!([{ "kind": "product_publish", "id": draft }]));
    owner.delete(&format!("/v1/provider/product-publishes/{draft}")).await.ok(204);
    owner.delete(&format!("{CLUSTERS}/{paris}")).await.ok(204);
}

#[tokio::test]
async fn what_is_being_deleted_changes_no_more() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{CLUSTERS}/{}", owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id());
    assert_eq!(owner.delete(&path).await.ok(204).body, Value::Null);
    assert_eq!(owner.get(&path).await.ok(200)["status"], "deleting");
    owner.delete(&path).await.problem(409, "wrong_state");
    owner.patch(&path, json!({ "region": "eu" })).await.problem(409, "wrong_state");
    owner.put(&path, json!({ "name": "berlin" })).await.problem(409, "wrong_state");
    owner.act(&format!("{path}/maintenance")).await.problem(409, "wrong_state");
    owner.act(&format!("{path}/activate")).await.problem(409, "wrong_state");
    owner.act(&format!("{path}/registration-tokens")).await.problem(409, "wrong_state");
}

#[tokio::test]
async fn nothing_can_be_published_to_a_cluster_that_is_being_deleted() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let paris = owner.post(CLUSTERS, json!({ "name": "paris" })).await.ok(201).id();
    owner.delete(&format!("{CLUSTERS}/{paris}")).await.ok(204);
    let draft = switchtower_tests::estate::publish("late", estate.id("products"), estate.id("gateways"), &paris);
    let refused = owner.post("/v1/provider/product-publishes", draft).await.problem(400, "invalid_body");
    assert_eq!(refused.bad_fields(), ["/cluster_id not_found"]);
}
