//! `Idempotency-Key`.

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use switchtower_domain::role::Role;
use switchtower_tests::World;

const CLUSTERS: &str = "/v1/operator/clusters";
const KEY: &str = "idempotency-key";

#[tokio::test]
async fn the_same_request_is_answered_the_same_and_done_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let once = owner.clone().with(KEY, "one");
    let first = once.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    let second = once.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(first.etag(), second.etag());
    assert_eq!(second.header("content-type"), Some("application/json"));
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), (None, Some("true")));
    assert_eq!(owner.get(CLUSTERS).await.ok(200).items().len(), 1);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_422() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await).with(KEY, "one");
    owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    owner.post(CLUSTERS, json!({ "name": "paris" })).await.problem(422, "idempotency_key_reused");
    assert_eq!(owner.get(CLUSTERS).await.ok(200).items().len(), 1);
}

#[tokio::test]
async fn another_revision_under_the_same_key_is_422() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let cluster = world.owner(&acme).post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id();
    let (path, owner) = (format!("{CLUSTERS}/{cluster}/maintenance"), world.owner(&acme).with(KEY, "one"));
    owner.clone().with("if-match", "\"1\"").act(&path).await.ok(200);
    owner.clone().with("if-match", "\"1\"").act(&path).await.ok(200);
    for other in ["\"2\"", ""] {
        owner.clone().with("if-match", other).act(&path).await.problem(422, "idempotency_key_reused");
    }
    owner.act(&path).await.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn the_same_request_at_the_same_time_is_done_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await).with(KEY, "one");
    let requests = (0..8).map(|_| owner.post(CLUSTERS, json!({ "name": "berlin" })));
    let answers = join_all(requests).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert!(statuses.contains(&201), "{statuses:?}");
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        assert_eq!((answer.status.as_u16(), &answer["code"]), (409, &json!("idempotency_key_in_use")));
    }
    assert_eq!(owner.get(CLUSTERS).await.ok(200).items().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_running_is_not_run_again_until_it_must_have_ended() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let owner = world.owner(&acme).with(KEY, "one");
    let first = owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    // As if the function had died between the claim and the answer.
    let rows = world.rows().await;
    let mut row = rows.into_iter().find(|row| row["kind"].as_s().unwrap() == "idempotency").unwrap();
    let doc = row.get_mut("doc").unwrap();
    let mut map = doc.as_m().unwrap().clone();
    map.insert("answer".to_owned(), aws_sdk_dynamodb::types::AttributeValue::Null(true));
    *doc = aws_sdk_dynamodb::types::AttributeValue::M(map);
    let soon = (world.clock.now() + SignedDuration::from_secs(60)).as_second().to_string();
    row.insert("expires_at".to_owned(), aws_sdk_dynamodb::types::AttributeValue::N(soon));
    world.put_row(row).await;
    owner.post(CLUSTERS, json!({ "name": "berlin" })).await.problem(409, "idempotency_key_in_use");
    owner.post(CLUSTERS, json!({ "name": "paris" })).await.problem(422, "idempotency_key_reused");
    world.clock.advance(SignedDuration::from_secs(61));
    let again = owner.post(CLUSTERS, json!({ "name": "berlin" })).await.problem(409, "name_taken");
    assert_ne!(again.body, first.body);
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let key = world.api_key(&acme, &[Role::OrgAdmin], None).await;
    let robot = world.anyone().with("x-api-key", &key.secret).with(KEY, "one");
    robot.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    world.clock.advance(SignedDuration::from_hours(23));
    robot.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    world.clock.advance(SignedDuration::from_hours(2));
    robot.post(CLUSTERS, json!({ "name": "berlin" })).await.problem(409, "name_taken");
}

#[tokio::test]
async fn what_changed_nothing_may_be_corrected_under_the_same_key() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await).with(KEY, "one");
    owner.post(CLUSTERS, json!({ "name": "NOT GOOD" })).await.problem(400, "invalid_body");
    owner.post(CLUSTERS, json!({ "name": "good" })).await.ok(201);
}

#[tokio::test]
async fn keys_of_other_callers_tenants_and_paths_are_others() {
    let world = World::new().await;
    let (acme, other) = (world.tenant("acme").await, world.tenant("other").await);
    world.member(&acme, "ann", &[Role::OrgAdmin]).await;
    let body = |name: &str| json!({ "name": name });
    world.owner(&acme).with(KEY, "one").post(CLUSTERS, body("berlin")).await.ok(201);
    world.owner(&other).with(KEY, "one").post(CLUSTERS, body("berlin")).await.ok(201);
    world.user("ann").of("acme").with(KEY, "one").post(CLUSTERS, body("paris")).await.ok(201);
    world.owner(&acme).with(KEY, "one").post("/v1/provider/products", body("berlin")).await.ok(201);
}

#[tokio::test]
async fn a_secret_is_not_shown_a_second_time() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let owner = world.owner(&acme).with(KEY, "one");
    let cluster = owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id();
    let tokens = format!("{CLUSTERS}/{cluster}/registration-tokens");
    let key = json!({ "name": "robot", "roles": ["viewer"] });
    for (path, body, field) in [(tokens.as_str(), Value::Null, "token"), ("/v1/admin/api-keys", key, "secret")] {
        let ask = || async {
            if body.is_null() { owner.act(path).await.ok(201) } else { owner.post(path, body.clone()).await.ok(201) }
        };
        let (first, second) = (ask().await, ask().await);
        let secret = first[field].as_str().unwrap().to_owned();
        assert_eq!(second[field], Value::Null);
        assert_eq!(first.id(), second.id());
        for row in world.rows().await {
            assert!(!format!("{row:?}").contains(&secret), "the {field} stands in clear in the table");
        }
    }
}

#[tokio::test]
async fn a_revoked_key_replays_nothing() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let key = world.api_key(&acme, &[Role::OrgAdmin], None).await;
    let robot = world.anyone().with("x-api-key", &key.secret).with(KEY, "one");
    robot.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    world.owner(&acme).act(&format!("/v1/admin/api-keys/{}/revoke", key.id)).await.ok(200);
    robot.post(CLUSTERS, json!({ "name": "berlin" })).await.problem(401, "invalid_api_key");
}

#[tokio::test]
async fn a_key_that_is_none_is_an_error() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for bad in ["", &"x".repeat(256), "tab\tinside"] {
        let answer = owner.clone().with(KEY, bad).post(CLUSTERS, json!({ "name": "berlin" })).await;
        answer.problem(400, "invalid_idempotency_key");
    }
}

#[tokio::test]
async fn other_methods_take_no_notice_of_a_key() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await).with(KEY, "one");
    let path = format!("{CLUSTERS}/{}", owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id());
    owner.get(&path).await.ok(200);
    owner.put(&path, json!({ "name": "berlin", "region": "a" })).await.ok(200);
    assert_eq!(owner.put(&path, json!({ "name": "berlin", "region": "b" })).await.ok(200)["region"], "b");
}
