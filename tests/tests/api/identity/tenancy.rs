//! Which tenant a request is about.

use switchtower_domain::role::Role;
use switchtower_tests::World;

const PROBE: &str = "/v1/operator/clusters";

#[tokio::test]
async fn the_only_tenant_needs_not_be_named() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    world.user(&acme.owner()).get(PROBE).await.ok(200);
}

#[tokio::test]
async fn one_of_several_tenants_is_named_by_id_or_slug() {
    let world = World::new().await;
    let (acme, other) = (world.tenant("acme").await, world.tenant("other").await);
    for account in [&acme, &other] {
        world.member(account, "ann", &[Role::Viewer]).await;
    }
    let ann = world.user("ann");
    ann.get(PROBE).await.problem(400, "tenant_required");
    ann.clone().of("acme").get(PROBE).await.ok(200);
    ann.clone().of(&other.id.to_string()).get(PROBE).await.ok(200);
}

#[tokio::test]
async fn who_is_no_member_is_not_told_whether_the_tenant_exists() {
    let world = World::new().await;
    let (acme, other) = (world.tenant("acme").await, world.tenant("other").await);
    let ann = world.user(&acme.owner());
    let foreign = ann.clone().of("other").get(PROBE).await.problem(403, "permission_denied");
    let unknown = ann.clone().of("nobody").get(PROBE).await.problem(403, "permission_denied");
    let text = |detail: &serde_json::Value| detail.as_str().unwrap().replace("other", "…").replace("nobody", "…");
    assert_eq!(text(&foreign["detail"]), text(&unknown["detail"]));
    ann.clone().of(&other.id.to_string()).get(PROBE).await.problem(403, "permission_denied");
    ann.clone().of("ten_00000000000000000000000000").get(PROBE).await.problem(403, "permission_denied");
}

#[tokio::test]
async fn a_user_of_no_tenant_is_refused() {
    let world = World::new().await;
    world.user("nobody").get(PROBE).await.problem(403, "permission_denied");
}

#[tokio::test]
async fn the_system_admin_names_a_tenant_and_is_no_member_of_the_system_s_own() {
    let world = World::new().await;
    world.tenant("acme").await;
    let root = world.system_admin();
    root.get(PROBE).await.problem(400, "tenant_required");
    root.clone().of("acme").get(PROBE).await.ok(200);
    root.clone().of("ten_00000000000000000000000000").get(PROBE).await.problem(403, "permission_denied");
    root.clone().of("nobody").get(PROBE).await.problem(403, "permission_denied");
}

#[tokio::test]
async fn a_header_that_names_no_tenant_is_an_error() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let ann = world.user(&acme.owner());
    for bad in ["", &"x".repeat(64)] {
        ann.clone().of(bad).get(PROBE).await.problem(400, "invalid_header");
    }
}

#[tokio::test]
async fn a_suspended_tenant_s_users_and_keys_are_refused_on_the_next_request() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let owner = world.owner(&acme);
    let key = world.api_key(&acme, &[Role::OrgAdmin], None).await;
    let robot = world.anyone().with("x-api-key", &key.secret);
    let cluster = owner.post(PROBE, serde_json::json!({ "name": "berlin" })).await.ok(201).id();
    let agent = world.agent(&owner, &cluster).await;
    let beat = serde_json::json!({ "version": "1", "applied_version": 0 });
    robot.get(PROBE).await.ok(200);
    agent.client(&world).post("/v1/agent/heartbeats", beat.clone()).await.ok(200);

    let root = world.system_admin();
    root.act(&format!("/v1/admin/tenants/{}/suspend", acme.id)).await.ok(200);
    owner.get(PROBE).await.problem(403, "tenant_suspended");
    robot.get(PROBE).await.problem(403, "tenant_suspended");
    root.clone().of("acme").get(PROBE).await.problem(403, "tenant_suspended");
    agent.client(&world).post("/v1/agent/heartbeats", beat.clone()).await.problem(403, "tenant_suspended");

    root.act(&format!("/v1/admin/tenants/{}/activate", acme.id)).await.ok(200);
    owner.get(PROBE).await.ok(200);
    robot.get(PROBE).await.ok(200);
    agent.client(&world).post("/v1/agent/heartbeats", beat).await.ok(200);
}
