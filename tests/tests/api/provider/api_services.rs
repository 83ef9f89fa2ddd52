//! `/v1/provider/api-services`

use axum::body::Body;
use http::Method;
use serde_json::{Value, json};
use switchtower_tests::{Answer, Client, Estate, World, estate};

const SERVICES: &str = "/v1/provider/api-services";

async fn service(owner: &Client<'_>, name: &str) -> String {
    format!("{SERVICES}/{}", owner.post(SERVICES, json!({ "name": name })).await.ok(201).id())
}

async fn import(owner: &Client<'_>, path: &str, document: impl Into<Body>) -> Answer {
    owner.send(Method::POST, path, document.into(), Some("application/yaml")).await
}

#[tokio::test]
async fn an_api_service_without_routes_is_not_activated() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = service(&owner, "orders").await;
    owner.act(&format!("{path}/activate")).await.problem(409, "wrong_state");
    import(&owner, &format!("{path}/import"), estate::DOCUMENT).await.ok(200);
    assert_eq!(owner.act(&format!("{path}/activate")).await.ok(200)["status"], "active");
    owner.act(&format!("{path}/activate")).await.problem(409, "wrong_state");
    assert_eq!(owner.act(&format!("{path}/deactivate")).await.ok(200)["status"], "inactive");
    owner.act(&format!("{path}/deactivate")).await.problem(409, "wrong_state");
}

#[tokio::test]
async fn an_api_service_of_a_product_is_not_deleted_and_tells_which() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let refused = owner.delete(&estate.path("/v1/provider/api-services/{id}")).await.problem(409, "in_use");
    assert_eq!(refused["used_by"], json!([{ "kind": "product", "id": estate.id("products") }]));
}

#[tokio::test]
async fn a_backend_that_a_route_names_is_not_deleted() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let backend = estate.path("/v1/provider/api-services/{id}/backends/{part_id}");
    let refused = owner.delete(&backend).await.problem(409, "in_use");
    assert_eq!(refused["used_by"], json!([{ "kind": "route", "id": estate.id("routes") }]));
}

#[tokio::test]
async fn parts_of_an_api_service_are_made_edited_and_deleted_once() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = service(&owner, "orders").await;
    let backend = owner.post(&format!("{path}/backends"), estate::backend("one")).await.ok(201).id();
    owner.post(&format!("{path}/backends"), estate::backend("one")).await.problem(409, "name_taken");
    let route = owner.post(&format!("{path}/routes"), estate::route("list", &backend)).await.ok(201).id();
    let one = format!("{path}/routes/{route}");
    let mut edited = estate::route("list", &backend);
    edited["methods"] = json!(["GET"]);
    owner.put(&one, edited).await.ok(200);
    assert_eq!(owner.get(&one).await.ok(200)["methods"], json!(["GET"]));
    owner.delete(&one).await.ok(204);
    owner.delete(&one).await.problem(404, "not_found");
    owner.get(&one).await.problem(404, "not_found");
    let stray = estate::route("stray", "bkd_01k2m5z8h3v9q4x7n6p0r2s1t5");
    owner.post(&format!("{path}/routes"), stray).await.problem(400, "invalid_body");
    assert_eq!(owner.get(&path).await.ok(200)["route_count"], 0);
}

#[tokio::test]
async fn the_parts_of_another_api_service_are_not_found() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let other = service(&owner, "payments").await;
    owner.get(&format!("{other}/routes/{}", estate.id("routes"))).await.problem(404, "not_found");
    owner.delete(&format!("{other}/backends/{}", estate.id("backends"))).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_preview_changes_nothing_and_an_import_does_what_it_showed() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = service(&owner, "orders").await;
    let shown = import(&owner, &format!("{path}/import-preview"), estate::DOCUMENT).await.ok(200);
    assert_eq!((&shown["route_count"], &shown["backend_count"]), (&json!(1), &json!(1)));
    assert_eq!(owner.get(&format!("{path}/routes")).await.ok(200).items(), &Vec::<Value>::new());
    let pinned = owner.clone().with("if-match", shown.etag());
    let done = import(&pinned, &format!("{path}/import"), estate::DOCUMENT).await.ok(200);
    assert_eq!(done["changes"], shown["changes"]);
    let routes = owner.get(&format!("{path}/routes")).await.ok(200);
    let again = import(&owner, &format!("{path}/import"), estate::DOCUMENT).await.ok(200);
    assert_eq!((&again["route_count"], &again["backend_count"]), (&json!(1), &json!(1)));
    assert_eq!(owner.get(&format!("{path}/routes")).await.ok(200).items(), routes.items());
    import(&pinned, &format!("{path}/import"), estate::DOCUMENT).await.problem(412, "stale_revision");
}

#[tokio::test]
async fn what_is_no_openapi_document_is_refused_with_a_sentence() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{}/import", service(&owner, "orders").await);
    for bad in [
        "",
        "nonsense",
        "[]",
        "{}",
        "swagger: '2.0'",
        "openapi: 4.0.0",
        "openapi: 3.1.0",
        "a: [",
        "{\"openapi\":",
        "\u{0}",
    ] {
        let answer = import(&owner, &path, bad).await;
        assert_eq!(answer["code"], "invalid_document", "{bad:?}: {:#}", answer.body);
        answer.problem(400, "invalid_document");
    }
    import(&owner, &path, vec![0xff, 0xfe]).await.problem(400, "invalid_document");
    let body = Body::from(estate::DOCUMENT);
    owner.send(Method::POST, &path, body, Some("text/html")).await.problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn cyclic_references_end() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{}/import", service(&owner, "orders").await);
    let cyclic = "openapi: 3.1.0\ninfo: {title: x, version: '1'}\nservers: [{url: 'https://a.example'}]\npaths:\n  /a: {$ref: '#/paths/~1b'}\n  /b: {$ref: '#/paths/~1a'}\n";
    let answer = import(&owner, &path, cyclic).await;
    assert!(answer.status == 200 || answer["code"] == "invalid_document", "{:#}", answer.body);
}

#[tokio::test]
async fn documents_that_unfold_without_end_are_refused() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{}/import", service(&owner, "orders").await);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(", ")));
    }
    let answer = import(&owner, &path, format!("openapi: 3.1.0\n{bomb}")).await;
    answer.problem(400, "invalid_document");
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    import(&owner, &path, deep).await.problem(400, "invalid_document");
}

#[tokio::test]
async fn a_document_of_more_paths_than_an_api_service_holds_is_refused() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{}/import", service(&owner, "orders").await);
    let paths: serde_json::Map<String, Value> =
        (0..20_000).map(|n| (format!("/p{n}"), json!({ "get": { "responses": {} } }))).collect();
    let document = json!({
        "openapi": "3.1.0", "info": { "title": "x", "version": "1" },
        "servers": [{ "url": "https://a.example" }], "paths": paths,
    });
    let answer = import(&owner, &path, document.to_string()).await;
    assert!([400, 413].contains(&answer.status.as_u16()), "{} {:.300}", answer.status, answer.body.to_string());
    let (status, code) = (answer.status.as_u16(), answer["code"].as_str().unwrap().to_owned());
    answer.problem(status, &code);
}

#[tokio::test]
async fn a_document_above_the_limit_is_refused_with_what_to_do() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{}/import", service(&owner, "orders").await);
    let answer = import(&owner, &path, "x".repeat(6 * 1024 * 1024 + 1)).await.problem(413, "too_large");
    assert!(answer["detail"].as_str().unwrap().contains("gzip"));
}

/// A document with one operation, its tag, and what else it has.
fn tagged(tag: &str, more: &str) -> String {
    format!(
        "{{openapi: 3.1.0, info: {{title: x, version: '1'}}, servers: [{{url: 'https://a.example'}}], x-team: orders, \
          paths: {{/orders: {{get: {{operationId: list, tags: [{tag}], x-limit: 5}}}}}}{more}}}"
    )
}

#[tokio::test]
async fn an_import_keeps_what_a_person_changed_and_tells_what_both_changed() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = service(&owner, "orders").await;
    import(&owner, &format!("{path}/import"), tagged("base", "")).await.ok(200);
    let route = owner.get(&format!("{path}/routes")).await.ok(200).items()[0].clone();
    assert_eq!((&route["origin"], &route["extensions"]), (&json!("imported"), &json!({ "x-limit": 5 })));
    let one = format!("{path}/routes/{}", route["id"].as_str().unwrap());
    let mut edited = route.clone();
    edited["tags"] = json!(["mine"]);
    for read_only in ["id", "origin"] {
        edited.as_object_mut().unwrap().remove(read_only);
    }
    owner.put(&one, edited).await.ok(200);
    let shown = owner.get(&one).await.ok(200);
    assert_eq!(shown["origin"], "edited");
    assert!(!shown.body.to_string().contains("base"), "what the import left is not shown: {:#}", shown.body);

    let wanted = json!([{
        "name": "list", "kind": "both_changed", "resolution": "open",
        "fields": [{ "field": "tags", "base": ["base"], "mine": ["mine"], "document": ["theirs"] }],
    }]);
    let done = import(&owner, &format!("{path}/import"), tagged("theirs", "")).await.ok(200);
    assert_eq!(done["changes"]["routes"]["conflicts"], wanted);
    assert_eq!(owner.get(&one).await.ok(200)["tags"], json!(["mine"]));

    let both = format!("{path}/import?prefer=mine&overwrite_edits=true");
    import(&owner, &both, tagged("theirs", "")).await.problem(400, "invalid_query");
    import(&owner, &format!("{path}/import?prefer=yours"), tagged("theirs", "")).await.problem(400, "invalid_query");
    import(&owner, &format!("{path}/import?prefer=document"), tagged("theirs", "")).await.ok(200);
    let route = owner.get(&one).await.ok(200);
    assert_eq!((&route["tags"], &route["origin"]), (&json!(["theirs"]), &json!("imported")));
}

#[tokio::test]
async fn a_route_deleted_by_hand_is_not_imported_again_unless_asked() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = service(&owner, "orders").await;
    import(&owner, &format!("{path}/import"), tagged("a", "")).await.ok(200);
    let id = owner.get(&format!("{path}/routes")).await.ok(200).items()[0]["id"].clone();
    owner.delete(&format!("{path}/routes/{}", id.as_str().unwrap())).await.ok(204);
    let again = import(&owner, &format!("{path}/import"), tagged("a", "")).await.ok(200);
    assert_eq!((&again["route_count"], &again["changes"]["routes"]["deleted"][0]["name"]), (&json!(0), &json!("list")));
    import(&owner, &format!("{path}/import?overwrite_edits=true"), tagged("a", "")).await.ok(200);
    assert_eq!(owner.get(&format!("{path}/routes")).await.ok(200).items()[0]["id"], id);
}

#[tokio::test]
async fn an_import_suggests_authentication_reports_the_rest_and_keeps_extensions() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = service(&owner, "orders").await;
    let more = ", webhooks: {w: {post: {}}}, security: [{key: []}], \
                components: {securitySchemes: {key: {type: apiKey, in: header, name: X-API-Key}}}";
    let done = import(&owner, &format!("{path}/import"), tagged("a", more)).await.ok(200);
    let auth = &done["suggestions"]["auth"][0];
    assert_eq!(auth["auth"], json!({ "api_key": { "headers": ["X-API-Key"] } }));
    assert_eq!(auth["missing"], json!(["/api_key/credentials_ref"]));
    assert_eq!(
        (&done["report"][0]["code"], &done["report_counts"]),
        (&json!("webhooks_ignored"), &json!({ "webhooks_ignored": 1 }))
    );
    assert_eq!(owner.get(&path).await.ok(200)["extensions"], json!({ "x-team": "orders" }));
    let head = json!({ "name": "orders", "version": "2" });
    assert_eq!(owner.put(&path, head).await.ok(200)["extensions"], json!({ "x-team": "orders" }));
}

#[tokio::test]
async fn swagger_2_is_refused_with_what_to_do() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{}/import", service(&owner, "orders").await);
    let refused = import(&owner, &path, "swagger: '2.0'\npaths: {}").await.problem(400, "invalid_document");
    assert_eq!(refused["errors"][0]["code"], "swagger_2");
    assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("convert it first"));
}
