//! `/v1/admin/tenants`

use serde_json::json;
use switchtower_domain::role::Role;
use switchtower_tests::World;

const TENANTS: &str = "/v1/admin/tenants";

#[tokio::test]
async fn whoever_makes_a_tenant_is_its_org_admin() {
    let world = World::new().await;
    let made = world.system_admin().post(TENANTS, json!({ "name": "acme", "display_name": "Acme Ltd" })).await.ok(201);
    assert_eq!((&made["status"], &made["display_name"]), (&json!("active"), &json!("Acme Ltd")));
    assert_eq!(made.header("location"), Some(format!("{TENANTS}/{}", made.id()).as_str()));
    let root = world.user("root").get("/v1/me").await.ok(200);
    assert_eq!((&root["tenants"][0]["name"], &root["tenants"][0]["roles"]), (&json!("acme"), &json!(["org-admin"])));
    let got = world.system_admin().get(&format!("{TENANTS}/{}", made.id())).await.ok(200);
    assert_eq!(got.body, made.body);
}

#[tokio::test]
async fn a_tenant_may_be_made_for_somebody_else() {
    let world = World::new().await;
    world.system_admin().post(TENANTS, json!({ "name": "acme", "owner": "ann" })).await.ok(201);
    world.user("ann").get("/v1/operator/clusters").await.ok(200);
}

#[tokio::test]
async fn a_slug_is_unique_in_the_installation() {
    let world = World::new().await;
    world.system_admin().post(TENANTS, json!({ "name": "acme" })).await.ok(201);
    let again = world.system_admin().post(TENANTS, json!({ "name": "acme" })).await.problem(409, "name_taken");
    assert_eq!(again.bad_fields(), ["/name name_taken"]);
}

#[tokio::test]
async fn only_system_admins_manage_tenants() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.owner(&acme).post(TENANTS, json!({ "name": "bolt" })).await.problem(403, "permission_denied");
    world.owner(&acme).get(TENANTS).await.problem(403, "permission_denied");
    let key = world.api_key(&acme, &[Role::OrgAdmin], None).await;
    let program = world.anyone().with("x-api-key", &key.secret);
    program.post(TENANTS, json!({ "name": "bolt" })).await.problem(403, "permission_denied");
}

#[tokio::test]
async fn a_suspended_tenant_is_refused_until_it_is_activated() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let key = world.api_key(&acme, &[Role::Viewer], None).await;
    let program = world.anyone().with("x-api-key", &key.secret);
    let page = world.owner(&acme).get("/v1/operator/clusters").await.ok(200);
    assert!(page.items().is_empty());

    let suspend = format!("{TENANTS}/{}/suspend", acme.id);
    world.system_admin().get(TENANTS).await.ok(200);
    world.calls.take();
    assert_eq!(world.system_admin().act(&suspend).await.ok(200)["status"], "suspended");
    assert!(world.calls.take().len() <= 4);
    world.owner(&acme).get("/v1/operator/clusters").await.problem(403, "tenant_suspended");
    program.get("/v1/operator/clusters").await.problem(403, "tenant_suspended");
    let again = world.system_admin().act(&suspend).await.problem(409, "wrong_state");
    assert_eq!(again["current_state"], "suspended");

    let activate = format!("{TENANTS}/{}/activate", acme.id);
    world.system_admin().act(&activate).await.ok(200);
    program.get("/v1/operator/clusters").await.ok(200);
    world.system_admin().act(&activate).await.problem(409, "wrong_state");
}

#[tokio::test]
async fn a_tenant_that_does_not_exist_is_not_suspended() {
    let world = World::new().await;
    let missing = format!("{TENANTS}/ten_01k2m5z8h3v9q4x7n6p0r2s1t5");
    world.system_admin().get(&missing).await.problem(404, "not_found");
    world.system_admin().act(&format!("{missing}/suspend")).await.problem(404, "not_found");
}
