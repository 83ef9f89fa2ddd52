//! `/v1/provider/gateways`

use serde_json::{Value, json};
use switchtower_tests::{Estate, World, estate};

const GATEWAYS: &str = "/v1/provider/gateways";

fn listener(name: &str, port: u16, protocol: &str) -> Value {
    json!({ "name": name, "port": port, "protocol": protocol })
}

#[tokio::test]
async fn a_gateway_is_activated_once_and_deactivated_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let made = owner.post(GATEWAYS, estate::gateway("edge")).await.ok(201);
    assert_eq!(made["status"], "inactive");
    let path = format!("{GATEWAYS}/{}", made.id());
    owner.act(&format!("{path}/deactivate")).await.problem(409, "wrong_state");
    assert_eq!(owner.act(&format!("{path}/activate")).await.ok(200)["status"], "active");
    let again = owner.act(&format!("{path}/activate")).await.problem(409, "wrong_state");
    assert_eq!(again["current_state"], "active");
    assert_eq!(owner.act(&format!("{path}/deactivate")).await.ok(200)["status"], "inactive");
}

#[tokio::test]
async fn listeners_that_contradict_each_other_are_told() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let mut secure = listener("secure", 443, "HTTPS");
    for (listeners, field) in [
        (json!([listener("one", 80, "HTTP"), listener("one", 81, "HTTP")]), "/listeners/1/name duplicate"),
        (json!([listener("one", 80, "HTTP"), listener("two", 80, "HTTP")]), "/listeners/1/port duplicate"),
        (json!([secure.clone()]), "/listeners/0/tls required"),
    ] {
        let answer = owner.post(GATEWAYS, json!({ "name": "edge", "listeners": listeners })).await;
        assert_eq!(answer.problem(400, "invalid_body").bad_fields(), [field]);
    }
    secure["tls"] = json!({ "certificate_ref": "edge-tls" });
    owner.post(GATEWAYS, json!({ "name": "edge", "listeners": [secure] })).await.ok(201);
    let many: Vec<_> = (1..=65).map(|n| listener(&format!("listener-{n}"), 1000 + n, "HTTP")).collect();
    let answer = owner.post(GATEWAYS, json!({ "name": "many", "listeners": many })).await;
    assert_eq!(answer.problem(400, "invalid_body").bad_fields(), ["/listeners too_many"]);
}

#[tokio::test]
async fn a_gateway_that_a_publish_names_is_not_deleted_and_tells_which() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let refused = owner.delete(&estate.path("/v1/provider/gateways/{id}")).await.problem(409, "in_use");
    let users = refused["used_by"].as_array().unwrap();
    assert!(users.contains(&json!({ "kind": "product_publish", "id": estate.id("product-publishes") })), "{users:?}");
}
