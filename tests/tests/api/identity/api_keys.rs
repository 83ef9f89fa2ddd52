//! API keys as credentials.

use jiff::SignedDuration;
use serde_json::json;
use switchtower_domain::{
    api_key::{ApiKey, ApiKeyId},
    credential::Credential,
    role::Role,
};
use switchtower_tests::World;

const PROBE: &str = "/v1/operator/clusters";

#[tokio::test]
async fn a_key_is_accepted_in_its_own_header_and_as_a_bearer_token() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let key = world.api_key(&acme, &[Role::Viewer], None).await;
    world.anyone().with("x-api-key", &key.secret).get(PROBE).await.ok(200);
    world.anyone().bearer(&key.secret).get(PROBE).await.ok(200);
}

#[tokio::test]
async fn a_key_with_a_bad_checksum_is_refused_without_a_read() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let good = world.api_key(&acme, &[Role::Viewer], None).await.secret;
    let (body, _) = good.rsplit_once('_').unwrap();
    world.calls.take();
    let mistyped = good.replacen(|letter: char| letter.is_ascii_digit(), "z", 1);
    for bad in [
        format!("{body}_00000000"),
        body.to_owned(),
        format!("{good}x"),
        good.to_uppercase(),
        mistyped,
        "swt_".to_owned(),
        "x".to_owned(),
        String::new(),
        "swt_key_01k2m5z8h3v9q4x7n6p0r2s1t5_x_y".to_owned(),
    ] {
        world.anyone().with("x-api-key", &bad).get(PROBE).await.problem(401, "invalid_api_key");
    }
    world.anyone().bearer(&format!("{body}_00000000")).get(PROBE).await.problem(401, "invalid_api_key");
    let calls = world.calls.take();
    assert!(calls.is_empty(), "DynamoDB was asked {calls}");
}

#[tokio::test]
async fn an_unknown_key_and_a_wrong_secret_are_answered_alike() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let id = world.api_key(&acme, &[Role::Viewer], None).await.id;
    let unknown = Credential::<ApiKey>::new(ApiKeyId::from_parts(1, 1), [7; 32]).reveal();
    let wrong = Credential::<ApiKey>::new(id, [7; 32]).reveal();
    let unknown = world.anyone().with("x-api-key", &unknown).get(PROBE).await.problem(401, "invalid_api_key");
    let wrong = world.anyone().with("x-api-key", &wrong).get(PROBE).await.problem(401, "invalid_api_key");
    assert_eq!(unknown["detail"], wrong["detail"]);
}

#[tokio::test]
async fn a_revoked_key_is_refused_on_the_next_request() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let key = world.api_key(&acme, &[Role::Viewer], None).await;
    let robot = world.anyone().with("x-api-key", &key.secret);
    robot.get(PROBE).await.ok(200);
    world.owner(&acme).act(&format!("/v1/admin/api-keys/{}/revoke", key.id)).await.ok(200);
    robot.get(PROBE).await.problem(401, "invalid_api_key");
}

#[tokio::test]
async fn a_key_is_refused_from_its_expiry_on() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let end = world.clock.now() + SignedDuration::from_mins(10);
    let key = world.api_key(&acme, &[Role::Viewer], Some(end)).await;
    let robot = world.anyone().with("x-api-key", &key.secret);
    robot.get(PROBE).await.ok(200);
    world.clock.advance(SignedDuration::from_mins(10));
    robot.get(PROBE).await.problem(401, "invalid_api_key");
}

#[tokio::test]
async fn a_key_belongs_to_one_tenant() {
    let world = World::new().await;
    let (acme, other) = (world.tenant("acme").await, world.tenant("other").await);
    let key = world.api_key(&acme, &[Role::OrgAdmin], None).await;
    let robot = world.anyone().with("x-api-key", &key.secret);
    for own in ["acme".to_owned(), acme.id.to_string()] {
        robot.clone().of(&own).get(PROBE).await.ok(200);
    }
    for foreign in ["other".to_owned(), other.id.to_string(), "nobody".to_owned()] {
        robot.clone().of(&foreign).get(PROBE).await.problem(403, "permission_denied");
    }
}

#[tokio::test]
async fn keys_manage_no_tenants_and_are_no_agents() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let key = world.api_key(&acme, &[Role::OrgAdmin], None).await;
    let robot = world.anyone().with("x-api-key", &key.secret);
    robot.get("/v1/admin/tenants").await.problem(403, "permission_denied");
    let beat = json!({ "version": "1", "applied_version": 0 });
    robot.post("/v1/agent/heartbeats", beat).await.problem(401, "invalid_token");
}
