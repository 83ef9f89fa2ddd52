//! Paths, methods and request ids.

use http::Method;
use serde_json::json;
use switchtower_tests::{Estate, World, catalogue};

#[tokio::test]
async fn an_id_that_cannot_exist_is_answered_as_one_that_does_not() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let ids = [
        "x",
        "clu_",
        "clu_01K2M5Z8H3V9Q4X7N6P0R2S1T5",
        "evt_01k2m5z8h3v9q4x7n6p0r2s1t5",
        "..",
        "%00",
        "%F0%9F%98%80",
        "'or'1'='1",
    ];
    for operation in catalogue::all().iter().filter(|o| o.path.ends_with("{id}") && o.method == Method::GET) {
        if operation.path.starts_with("/v1/agent/") || operation.path.starts_with("/v1/admin/tenants") {
            continue;
        }
        for id in ids {
            let answer = owner.get(&operation.path.replace("{id}", id)).await;
            assert_eq!(answer.status, 404, "{} of `{id}`: {:#}", operation.id, answer.body);
            answer.problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn an_id_of_another_kind_is_not_found() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    for (collection, kind) in [
        ("operator/clusters", "gateways"),
        ("operator/agents", "clusters"),
        ("provider/gateways", "products"),
        ("provider/products", "api-services"),
        ("provider/api-services", "clusters"),
        ("provider/product-publishes", "deployments"),
        ("provider/deployments", "product-publishes"),
        ("admin/api-keys", "agents"),
    ] {
        owner.get(&format!("/v1/{collection}/{}", estate.id(kind))).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn what_was_deleted_is_not_found() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let made = owner.post("/v1/provider/gateways", switchtower_tests::estate::gateway("short-lived")).await.ok(201);
    let path = format!("/v1/provider/gateways/{}", made.id());
    owner.delete(&path).await.ok(204);
    owner.get(&path).await.problem(404, "not_found");
    owner.delete(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for path in ["/v1/operator/clusters/x/y/z", "/v1/provider/gateways/x/explode", "/v1/me/x", "/v1/operator/clusters/"]
    {
        owner.get(path).await.problem(404, "no_such_endpoint");
    }
    world.anyone().get("/v1/public/nothing").await.problem(404, "no_such_endpoint");
}

#[tokio::test]
async fn an_unknown_method_is_a_problem_that_tells_the_known_ones() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let answer = owner.json(Method::PUT, "/v1/operator/clusters", json!({})).await.problem(405, "method_not_allowed");
    let allowed = answer.header("allow").unwrap_or_default();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    owner.json(Method::TRACE, "/v1/operator/clusters", json!({})).await.problem(405, "method_not_allowed");
    let odd: Method = "FROB".parse().unwrap();
    owner.json(odd, "/v1/operator/clusters", json!({})).await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn a_request_id_comes_back_and_stands_in_the_event() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let mine = owner.clone().with("x-request-id", "my-request.42");
    let made = mine.post("/v1/operator/clusters", json!({ "name": "berlin" })).await.ok(201);
    assert_eq!(made.header("x-request-id"), Some("my-request.42"));
    let events = owner.get(&format!("/v1/admin/events?subject={}", made.id())).await.ok(200);
    assert_eq!(events.items()[0]["request_id"], "my-request.42");
}

#[tokio::test]
async fn a_request_id_that_is_not_fit_is_replaced() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for unfit in ["short", "with spaces in it", &"x".repeat(65), "with/slashes/in-it"] {
        let answer = owner.clone().with("x-request-id", unfit).get("/v1/operator/clusters").await.ok(200);
        let id = answer.header("x-request-id").unwrap();
        assert!(id != unfit && id.len() >= 8, "{id}");
    }
    let answer = world.anyone().get("/v1/operator/clusters").await.problem(401, "unauthenticated");
    assert!(answer.header("x-request-id").is_some());
}
