//! `/v1/me` and `/v1/public`

use serde_json::json;
use switchtower_domain::role::Role;
use switchtower_tests::World;

#[tokio::test]
async fn a_member_learns_what_they_may_do_in_each_tenant() {
    let world = World::new().await;
    let (acme, bolt) = (world.tenant("acme").await, world.tenant("bolt").await);
    world.member(&acme, "ann", &[Role::Viewer]).await;
    world.member(&bolt, "ann", &[Role::Operator]).await;
    let me = world.user("ann").get("/v1/me").await.ok(200);
    assert_eq!((&me["actor"], &me["active"]), (&json!("user:ann"), &json!(null)));
    let tenants = me["tenants"].as_array().unwrap();
    assert_eq!(tenants.len(), 2);
    let active = world.user("ann").of("bolt").get("/v1/me").await.ok(200);
    assert_eq!(active["active"]["tenant_id"], json!(bolt.id));
    assert!(active["active"]["permissions"].as_array().unwrap().contains(&json!("cluster:create")));
}

#[tokio::test]
async fn a_user_without_a_tenant_may_ask_who_they_are() {
    let world = World::new().await;
    let me = world.user("nobody").get("/v1/me").await.ok(200);
    assert_eq!(me.body, json!({ "actor": "user:nobody", "system_roles": [], "tenants": [], "active": null }));
}

#[tokio::test]
async fn an_api_key_has_one_tenant() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let key = world.api_key(&acme, &[Role::Viewer], None).await;
    let me = world.anyone().with("x-api-key", &key.secret).get("/v1/me").await.ok(200);
    assert_eq!(me["actor"], json!(format!("api_key:{}", key.id)));
    assert_eq!(me["active"]["tenant_id"], me["tenants"][0]["id"]);
}

#[tokio::test]
async fn what_is_public_needs_neither_credentials_nor_the_table() {
    let world = World::new().await;
    assert_eq!(world.anyone().get("/v1/public/health").await.ok(200).body, json!({ "status": "ok" }));
    assert!(world.anyone().get("/v1/public/version").await.ok(200)["version"].is_string());
    let document = world.anyone().get("/v1/public/openapi.json").await.ok(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert!(world.calls.take().is_empty());
}
