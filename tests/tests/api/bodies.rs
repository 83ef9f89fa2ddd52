//! Bodies: what is no JSON, what has the wrong form, what is too large.

use axum::body::Body;
use http::Method;
use serde_json::{Value, json};
use switchtower_tests::{Estate, World, catalogue, estate};

const CLUSTERS: &str = "/v1/operator/clusters";
const GATEWAYS: &str = "/v1/provider/gateways";

/// The operations that take a JSON body, and are not about a document of somebody else.
fn with_bodies() -> impl Iterator<Item = &'static catalogue::Operation> {
    let plain = ["_create", "_replace", "_patch"];
    catalogue::all().iter().filter(move |operation| plain.iter().any(|end| operation.id.ends_with(end)))
}

#[tokio::test]
async fn malformed_json_is_told_with_its_place() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    for operation in with_bodies().filter(|operation| operation.id != "tenant_create") {
        let path = estate.path(&operation.path);
        for bad in ["", "{", "{\"name\": \"x\",}", "nope", "{\"name\": \"\u{1}\"}", "[1, 2", "{} {}", "\u{feff}{}"] {
            let answer = owner.raw(operation.method.clone(), &path, bad).await;
            assert_eq!(answer["code"], "malformed_json", "{} of {bad:?}: {:#}", operation.id, answer.body);
            let answer = answer.problem(400, "malformed_json");
            assert!(answer["detail"].as_str().unwrap().contains("line"), "{:#}", answer.body);
        }
        let bad = Body::from(vec![0xff, 0xfe, 0x00]);
        owner.raw(operation.method.clone(), &path, bad).await.problem(400, "malformed_json");
    }
}

#[tokio::test]
async fn json_of_the_wrong_type_is_told() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    for operation in with_bodies().filter(|operation| operation.id != "tenant_create") {
        let path = estate.path(&operation.path);
        for bad in ["null", "1", "\"x\"", "[]", "true"] {
            owner.raw(operation.method.clone(), &path, bad).await.problem(400, "invalid_body");
        }
    }
}

#[tokio::test]
async fn unknown_fields_are_errors_everywhere() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    for operation in with_bodies().filter(|operation| operation.id != "tenant_create") {
        let path = estate.path(&operation.path);
        let answer = owner.json(operation.method.clone(), &path, json!({ "surprise/~": 1 })).await;
        let answer = answer.problem(400, "invalid_body");
        let fields = answer.bad_fields();
        assert!(fields.contains(&"/surprise~1~0 unknown_field".to_owned()), "{}: {fields:?}", operation.id);
    }
}

#[tokio::test]
async fn all_bad_fields_are_told_at_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let bad = json!({
        "name": "Not A Name",
        "labels": { "ok": 1, "-bad": "x" },
        "listeners": [
            { "name": "a", "port": 0, "protocol": "FTP" },
            { "name": "http", "port": 80, "protocol": "HTTP", "hostname": "UPPER.example.com", "more": true },
        ],
        "class": "nginx-classic",
        "more": [],
    });
    let answer = owner.post(GATEWAYS, bad).await.problem(400, "invalid_body");
    let fields = answer.bad_fields();
    for expected in [
        "/name pattern",
        "/labels/ok wrong_type",
        "/listeners/0/name too_short",
        "/listeners/0/port too_small",
        "/listeners/0/protocol not_allowed",
        "/listeners/1/hostname pattern",
        "/listeners/1/more unknown_field",
        "/class not_allowed",
        "/more unknown_field",
    ] {
        assert!(fields.contains(&expected.to_owned()), "{expected} is missing in {fields:?}");
    }
}

#[tokio::test]
async fn missing_fields_are_told_by_name() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let answer = owner.post(GATEWAYS, json!({})).await.problem(400, "invalid_body");
    assert_eq!(answer.bad_fields(), ["/listeners required", "/name required"]);
}

#[tokio::test]
async fn hints_for_what_people_bring_from_elsewhere() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let service = json!({ "name": "orders", "gateway_id": "gwt_01k2m5z8h3v9q4x7n6p0r2s1t5" });
    owner.post("/v1/provider/api-services", service).await.problem(400, "gateway_id_not_allowed");
}

#[tokio::test]
async fn names_and_labels_have_limits() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for bad in
        ["", "x", "-ab", "ab-", "UPPER", "under_score", "dot.dot", "sp ace", "ümlaut", "null\u{0}", &"x".repeat(64)]
    {
        owner.post(CLUSTERS, json!({ "name": bad })).await.problem(400, "invalid_body");
    }
    owner.post(CLUSTERS, json!({ "name": "x".repeat(63) })).await.ok(201);
    let many: serde_json::Map<String, Value> = (0..33).map(|n| (format!("k{n}"), json!("v"))).collect();
    owner.post(CLUSTERS, json!({ "name": "many", "labels": many })).await.problem(400, "invalid_body");
    owner
        .post(CLUSTERS, json!({ "name": "long", "labels": { "k": "v".repeat(64) } }))
        .await
        .problem(400, "invalid_body");
    owner.post(CLUSTERS, json!({ "name": "long", "description": "d".repeat(1001) })).await.problem(400, "invalid_body");
}

#[tokio::test]
async fn another_media_type_is_refused() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/xml")] {
        let body = Body::from(json!({ "name": "berlin" }).to_string());
        let answer = owner.send(Method::POST, CLUSTERS, body, content_type).await;
        answer.problem(415, "unsupported_media_type");
    }
    let body = Body::from(json!({ "name": "berlin" }).to_string());
    owner.send(Method::POST, CLUSTERS, body, Some("Application/JSON; charset=utf-8")).await.ok(201);
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let large = json!({ "name": "berlin", "description": "x".repeat(1024 * 1024) });
    owner.post(CLUSTERS, large.clone()).await.problem(413, "too_large");
    let retried = owner.clone().with("idempotency-key", "large-1");
    retried.post(CLUSTERS, large).await.problem(413, "too_large");
    retried.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    let huge = "x".repeat(9 * 1024 * 1024);
    owner.with("idempotency-key", "large-2").raw(Method::POST, CLUSTERS, huge).await.problem(413, "too_large");
}

#[tokio::test]
async fn deep_json_is_refused() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    owner.raw(Method::POST, CLUSTERS, deep).await.problem(400, "malformed_json");
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(100), "]".repeat(100));
    owner.raw(Method::POST, CLUSTERS, deep).await.problem(400, "invalid_body");
}

#[tokio::test]
async fn a_field_that_comes_twice_is_no_way_around_a_check() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let answer = owner.raw(Method::POST, CLUSTERS, r#"{"name":"good","name":"NOT GOOD"}"#).await;
    assert_eq!(answer.status, 400, "{:#}", answer.body);
    let answer = owner.raw(Method::POST, CLUSTERS, r#"{"name":"NOT GOOD","name":"good"}"#).await;
    assert!(answer.status == 400 || answer["name"] == "good", "{:#}", answer.body);
}

#[tokio::test]
async fn a_merge_patch_edits_what_it_names() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let mut gateway = estate::gateway("edge");
    gateway["labels"] = json!({ "a": "1", "b": "2" });
    gateway["description"] = json!("first");
    let path = format!("{GATEWAYS}/{}", owner.post(GATEWAYS, gateway).await.ok(201).id());
    let patched = owner.patch(&path, json!({ "labels": { "a": null, "c": "3" }, "description": null })).await.ok(200);
    assert_eq!(patched["labels"], json!({ "b": "2", "c": "3" }));
    assert_eq!(patched["description"], Value::Null);
    assert_eq!(patched["name"], "edge");
    assert_eq!(patched.etag(), "\"2\"");
    let plain = owner.json(Method::PATCH, &path, json!({ "description": "as plain JSON" })).await.ok(200);
    assert_eq!(plain["description"], "as plain JSON");
}

#[tokio::test]
async fn a_merge_patch_is_checked_as_the_whole_is() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{GATEWAYS}/{}", owner.post(GATEWAYS, estate::gateway("edge")).await.ok(201).id());
    for (patch, field) in [
        (json!({ "name": null }), "/name required"),
        (json!({ "listeners": [] }), "/listeners too_few"),
        (json!({ "revision": 7 }), "/revision unknown_field"),
        (json!({ "status": "active" }), "/status unknown_field"),
        (json!({ "tenant_id": "ten_01k2m5z8h3v9q4x7n6p0r2s1t5" }), "/tenant_id unknown_field"),
    ] {
        let answer = owner.patch(&path, patch).await.problem(400, "invalid_body");
        assert_eq!(answer.bad_fields(), [field]);
    }
    owner.patch(&path, json!([])).await.problem(400, "invalid_body");
    assert_eq!(owner.get(&path).await.ok(200)["revision"], 1);
}
