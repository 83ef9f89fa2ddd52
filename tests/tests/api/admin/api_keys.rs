//! `/v1/admin/api-keys`

use jiff::SignedDuration;
use serde_json::{Value, json};
use switchtower_domain::role::Role;
use switchtower_tests::{Client, World};

const KEYS: &str = "/v1/admin/api-keys";
const CLUSTERS: &str = "/v1/operator/clusters";

fn holder<'w>(world: &'w World, secret: &Value) -> Client<'w> {
    world.anyone().with("x-api-key", secret.as_str().expect("the secret is shown"))
}

#[tokio::test]
async fn a_key_works_and_its_secret_is_shown_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let made = owner.post(KEYS, json!({ "name": "ci", "roles": ["viewer"] })).await.ok(201);
    assert_eq!(made.header("location"), Some(format!("{KEYS}/{}", made.id()).as_str()));
    holder(&world, &made["secret"]).get(CLUSTERS).await.ok(200);
    holder(&world, &made["secret"]).post(CLUSTERS, json!({ "name": "berlin" })).await.problem(403, "permission_denied");
    let got = owner.get(&format!("{KEYS}/{}", made.id())).await.ok(200);
    assert!(got.body.get("secret").is_none());
    let listed = owner.get(KEYS).await.ok(200);
    assert_eq!(listed.items(), &vec![got.body.clone()]);
}

#[tokio::test]
async fn a_repeated_request_does_not_show_the_secret_again() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await).with("idempotency-key", "one");
    let body = json!({ "name": "ci", "roles": ["viewer"] });
    let (first, second) = (owner.post(KEYS, body.clone()).await.ok(201), owner.post(KEYS, body).await.ok(201));
    assert_eq!((first.id(), &second["secret"]), (second.id(), &Value::Null));
}

#[tokio::test]
async fn a_key_may_do_no_more_than_whoever_makes_it() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let wish = |roles: Value| json!({ "name": "ci", "roles": roles });
    let refused = world.owner(&acme).post(KEYS, wish(json!(["viewer", "system-admin"]))).await;
    assert_eq!(refused.problem(400, "invalid_body").bad_fields(), ["/roles/1 not_allowed"]);
    world.owner(&acme).post(KEYS, wish(json!(["org-admin"]))).await.ok(201);
    let all = json!(["org-admin", "operator", "api-developer"]);
    world.system_admin().of("acme").post(KEYS, wish(all)).await.ok(201);
    world.member(&acme, "ann", &[Role::ApiDeveloper]).await;
    world.user("ann").post(KEYS, wish(json!(["viewer"]))).await.problem(403, "permission_denied");
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_wish_is_told_at_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let wish = json!({ "name": "ci", "roles": ["system-admin"], "expires_at": "2001-01-01T00:00:00Z" });
    let refused = owner.post(KEYS, wish).await.problem(400, "invalid_body");
    assert_eq!(refused.bad_fields(), ["/expires_at too_early", "/roles/0 not_allowed"]);
    let refused = owner.post(KEYS, json!({ "name": "ci", "roles": [] })).await.problem(400, "invalid_body");
    assert_eq!(refused.bad_fields(), ["/roles too_few"]);
}

#[tokio::test]
async fn a_revoked_key_is_refused_on_its_next_request() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let made = owner.post(KEYS, json!({ "name": "ci", "roles": ["viewer"] })).await.ok(201);
    let revoke = format!("{KEYS}/{}/revoke", made.id());
    world.calls.take();
    assert_eq!(owner.act(&revoke).await.ok(200)["status"], "revoked");
    assert!(world.calls.take().len() <= 4);
    holder(&world, &made["secret"]).get(CLUSTERS).await.problem(401, "invalid_api_key");
    owner.act(&revoke).await.problem(409, "wrong_state");
    owner.act(&format!("{KEYS}/{}/rotate", made.id())).await.problem(409, "wrong_state");
}

#[tokio::test]
async fn a_rotated_key_works_until_its_grace_is_over() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let old = owner.post(KEYS, json!({ "name": "ci", "roles": ["viewer"] })).await.ok(201);
    let rotate = format!("{KEYS}/{}/rotate", old.id());
    world.calls.take();
    let new = owner.post(&rotate, json!({ "grace_seconds": 600 })).await.ok(201);
    assert!(world.calls.take().len() <= 4);
    assert_eq!((&new["roles"], &new["name"], &new["status"]), (&old["roles"], &old["name"], &json!("active")));
    holder(&world, &old["secret"]).get(CLUSTERS).await.ok(200);
    holder(&world, &new["secret"]).get(CLUSTERS).await.ok(200);
    let seen = owner.get(&format!("{KEYS}/{}", old.id())).await.ok(200);
    assert_eq!((&seen["status"], &seen["replaced_by"]), (&json!("expiring"), &json!(new.id())));
    owner.act(&rotate).await.problem(409, "wrong_state");

    world.clock.advance(SignedDuration::from_secs(601));
    holder(&world, &old["secret"]).get(CLUSTERS).await.problem(401, "invalid_api_key");
    holder(&world, &new["secret"]).get(CLUSTERS).await.ok(200);
    assert_eq!(owner.get(&format!("{KEYS}/{}", old.id())).await.ok(200)["status"], "expired");
}

#[tokio::test]
async fn rotation_without_grace_ends_the_old_key_at_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let old = owner.post(KEYS, json!({ "name": "ci", "roles": ["viewer"] })).await.ok(201);
    let rotate = format!("{KEYS}/{}/rotate", old.id());
    owner.post(&rotate, json!({ "grace_seconds": 604_801 })).await.problem(400, "invalid_body");
    owner.clone().with("if-match", "\"9\"").act(&rotate).await.problem(412, "stale_revision");
    owner.post(&rotate, json!({ "grace_seconds": 0 })).await.ok(201);
    holder(&world, &old["secret"]).get(CLUSTERS).await.problem(401, "invalid_api_key");
}

#[tokio::test]
async fn the_keys_of_another_tenant_are_not_there() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let made = owner.post(KEYS, json!({ "name": "ci", "roles": ["viewer"] })).await.ok(201);
    let stranger = world.owner(&world.tenant("bolt").await);
    let path = format!("{KEYS}/{}", made.id());
    stranger.get(&path).await.problem(404, "not_found");
    stranger.act(&format!("{path}/revoke")).await.problem(404, "not_found");
    stranger.act(&format!("{path}/rotate")).await.problem(404, "not_found");
    assert!(stranger.get(KEYS).await.ok(200).items().is_empty());
    holder(&world, &made["secret"]).get(CLUSTERS).await.ok(200);
}
