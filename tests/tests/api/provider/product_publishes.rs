//! `/v1/provider/product-publishes`

use serde_json::{Value, json};
use switchtower_tests::{Estate, World, estate};

const PUBLISHES: &str = "/v1/provider/product-publishes";

fn input(estate: &Estate, name: &str) -> Value {
    estate::publish(name, estate.id("products"), estate.id("gateways"), estate.id("clusters"))
}

#[tokio::test]
async fn a_publish_names_its_cluster() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let mut without = input(&estate, "second");
    without.as_object_mut().unwrap().remove("cluster_id");
    owner.post(PUBLISHES, without).await.problem(400, "cluster_required");
}

#[tokio::test]
async fn publishes_are_listed_by_cluster() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let paris = owner.post("/v1/operator/clusters", json!({ "name": "paris" })).await.ok(201).id();
    let there = estate::publish("there", estate.id("products"), estate.id("gateways"), &paris);
    let there = owner.post(PUBLISHES, there).await.ok(201).id();
    assert_eq!(owner.get(PUBLISHES).await.ok(200).items().len(), 2);
    let listed = owner.get(&format!("{PUBLISHES}?cluster_id={paris}")).await.ok(200);
    assert_eq!(listed.items().len(), 1);
    assert_eq!(listed.items()[0]["id"], json!(there));
}

#[tokio::test]
async fn publishing_again_without_a_change_makes_no_generation() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/provider/product-publishes/{id}");
    let before = owner.get(&path).await.ok(200);
    let again = owner.act(&format!("{path}/publish")).await.ok(200);
    assert_eq!(again.body, before.body);
    let deployment = owner.get(&estate.path("/v1/provider/deployments/{id}")).await.ok(200);
    assert_eq!(deployment["generation"], 1);
}

#[tokio::test]
async fn edits_reach_the_cluster_when_it_is_published_again() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let backend = estate::backend("second-backend");
    owner.post(&estate.path("/v1/provider/api-services/{id}/backends"), backend).await.ok(201);
    let desired = estate.path("/v1/agent/deployments/{id}");
    let backends = |body: &Value| body["snapshot"]["api_services"][0]["backends"].as_array().unwrap().len();
    assert_eq!(backends(&agent.get(&desired).await.ok(200).body), 1);
    owner.act(&estate.path("/v1/provider/product-publishes/{id}/publish")).await.ok(200);
    let after = agent.get(&desired).await.ok(200);
    assert_eq!((backends(&after.body), &after["generation"]), (2, &json!(2)));
}

#[tokio::test]
async fn a_publish_is_withdrawn_once_and_published_again() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/provider/product-publishes/{id}");
    assert_eq!(owner.act(&format!("{path}/withdraw")).await.ok(200)["status"], "withdrawn");
    let again = owner.act(&format!("{path}/withdraw")).await.problem(409, "wrong_state");
    assert_eq!(again["current_state"], "withdrawn");
    let back = owner.act(&format!("{path}/publish")).await.ok(200);
    assert_eq!(back["status"], "published");
    assert_eq!(back["deployment_id"], json!(estate.id("deployments")));
}

#[tokio::test]
async fn a_draft_is_edited_and_deleted_and_a_published_one_is_not() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let draft = owner.post(PUBLISHES, input(&estate, "second")).await.ok(201);
    assert_eq!(draft["status"], "draft");
    let path = format!("{PUBLISHES}/{}", draft.id());
    owner.act(&format!("{path}/withdraw")).await.problem(409, "wrong_state");
    owner.patch(&path, json!({ "hostnames": ["shop.example.com"] })).await.ok(200);
    owner.delete(&path).await.ok(204);
    owner.delete(&path).await.problem(404, "not_found");
    let published = estate.path("/v1/provider/product-publishes/{id}");
    owner.patch(&published, json!({ "hostnames": [] })).await.problem(409, "wrong_state");
    owner.put(&published, input(&estate, "shop")).await.problem(409, "wrong_state");
    owner.delete(&published).await.problem(409, "wrong_state");
}

#[tokio::test]
async fn what_is_in_the_way_of_publishing_is_told_at_once() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    owner.act(&estate.path("/v1/provider/gateways/{id}/deactivate")).await.ok(200);
    owner.act(&estate.path("/v1/provider/products/{id}/draft")).await.ok(200);
    owner.act(&estate.path("/v1/provider/api-services/{id}/deactivate")).await.ok(200);
    let refused = owner.act(&estate.path("/v1/provider/product-publishes/{id}/publish")).await;
    let fields = refused.problem(409, "not_publishable").bad_fields();
    assert_eq!(
        fields,
        [
            format!("/api_service/{}/status api_service_not_active", estate.id("api-services")),
            format!("/gateway/{}/status gateway_not_active", estate.id("gateways")),
            format!("/product/{}/status product_not_active", estate.id("products")),
        ]
    );
}

#[tokio::test]
async fn a_publish_that_was_removed_from_its_cluster_is_deleted() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let path = estate.path("/v1/provider/product-publishes/{id}");
    owner.act(&format!("{path}/withdraw")).await.ok(200);
    let report = json!({ "deployment_id": estate.id("deployments"), "generation": 2, "outcome": "applied" });
    agent.post("/v1/agent/reports", report).await.ok(200);
    owner.delete(&path).await.ok(204);
    owner.delete(&estate.path("/v1/operator/clusters/{id}")).await.ok(204);
}

#[tokio::test]
async fn a_reason_has_a_limit() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/provider/product-publishes/{id}/withdraw");
    owner.post(&path, json!({ "reason": "x".repeat(501) })).await.problem(400, "invalid_body");
    owner.post(&path, json!({ "why": "x" })).await.problem(400, "invalid_body");
}
