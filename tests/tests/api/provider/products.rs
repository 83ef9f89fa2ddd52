//! `/v1/provider/products`

use serde_json::json;
use switchtower_tests::{Estate, World};

const PRODUCTS: &str = "/v1/provider/products";

#[tokio::test]
async fn a_product_goes_from_draft_to_active_to_archived() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let made =
        owner.post(PRODUCTS, json!({ "name": "bank", "api_services": [estate.id("api-services")] })).await.ok(201);
    let path = format!("{PRODUCTS}/{}", made.id());
    let act = |verb: &'static str| {
        let (owner, path) = (owner.clone(), format!("{path}/{verb}"));
        async move { owner.act(&path).await }
    };
    act("draft").await.problem(409, "wrong_state");
    assert_eq!(act("activate").await.ok(200)["status"], "active");
    act("activate").await.problem(409, "wrong_state");
    owner.delete(&path).await.problem(409, "wrong_state");
    assert_eq!(act("draft").await.ok(200)["status"], "draft");
    act("activate").await.ok(200);
    assert_eq!(act("archive").await.ok(200)["status"], "archived");
    let again = act("archive").await.problem(409, "wrong_state");
    assert_eq!(again["current_state"], "archived");
    act("activate").await.problem(409, "wrong_state");
    owner.patch(&path, json!({ "version": "2" })).await.problem(409, "wrong_state");
    owner.delete(&path).await.ok(204);
    owner.delete(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_product_without_api_services_is_not_activated() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let made = owner.post(PRODUCTS, json!({ "name": "empty" })).await.ok(201);
    owner.act(&format!("{PRODUCTS}/{}/activate", made.id())).await.problem(409, "wrong_state");
}

#[tokio::test]
async fn api_services_are_named_once_and_exist() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let id = estate.id("api-services");
    let twice = owner.post(PRODUCTS, json!({ "name": "bank", "api_services": [id, id] })).await;
    assert_eq!(twice.problem(400, "invalid_body").bad_fields(), ["/api_services/1 duplicate"]);
    let missing = json!({ "name": "bank", "api_services": [id, "api_01k2m5z8h3v9q4x7n6p0r2s1t5"] });
    let missing = owner.post(PRODUCTS, missing).await;
    assert_eq!(missing.problem(400, "invalid_body").bad_fields(), ["/api_services/1 not_found"]);
    let wrong_kind = owner.post(PRODUCTS, json!({ "name": "bank", "api_services": [estate.id("gateways")] })).await;
    assert_eq!(wrong_kind.problem(400, "invalid_body").bad_fields(), ["/api_services/0 pattern"]);
}

#[tokio::test]
async fn documentation_and_logo_are_https_addresses() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for field in ["docs_url", "logo_url"] {
        let with = |url: &str| json!({ "name": "bank", field: url });
        let refused = owner.post(PRODUCTS, with("http://example.com/x")).await.problem(400, "invalid_body");
        assert_eq!(refused.bad_fields(), [format!("/{field} pattern")]);
        let long = format!("https://example.com/{}", "x".repeat(2000));
        let refused = owner.post(PRODUCTS, with(&long)).await.problem(400, "invalid_body");
        assert_eq!(refused.bad_fields(), [format!("/{field} too_long")]);
    }
    let made = json!({ "name": "bank", "logo_url": "https://example.com/logo.svg" });
    let made = owner.post(PRODUCTS, made).await.ok(201);
    assert_eq!(made["logo_url"], "https://example.com/logo.svg");
    let path = format!("{PRODUCTS}/{}", made.id());
    assert_eq!(owner.patch(&path, json!({ "logo_url": null })).await.ok(200)["logo_url"], json!(null));
}

#[tokio::test]
async fn a_product_that_is_published_is_not_deleted_and_tells_where() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/provider/products/{id}");
    owner.act(&format!("{path}/archive")).await.ok(200);
    let refused = owner.delete(&path).await.problem(409, "in_use");
    let users = refused["used_by"].as_array().unwrap();
    assert!(users.contains(&json!({ "kind": "product_publish", "id": estate.id("product-publishes") })), "{users:?}");
}
