//! `ETag` and `If-Match`.

use futures::future::join_all;
use serde_json::json;
use switchtower_tests::{World, estate};

const CLUSTERS: &str = "/v1/operator/clusters";

#[tokio::test]
async fn every_change_has_the_next_etag() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{CLUSTERS}/{}", owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id());
    assert_eq!(owner.get(&path).await.ok(200).etag(), "\"1\"");
    assert_eq!(owner.put(&path, json!({ "name": "berlin", "region": "eu" })).await.ok(200).etag(), "\"2\"");
    assert_eq!(owner.patch(&path, json!({ "region": null })).await.ok(200).etag(), "\"3\"");
    assert_eq!(owner.act(&format!("{path}/maintenance")).await.ok(200).etag(), "\"4\"");
    assert_eq!(owner.get(&path).await.ok(200).etag(), "\"4\"");
}

#[tokio::test]
async fn a_stale_etag_changes_nothing() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{CLUSTERS}/{}", owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id());
    owner.patch(&path, json!({ "region": "eu" })).await.ok(200);
    let stale = owner.clone().with("if-match", "\"1\"");
    stale.put(&path, json!({ "name": "berlin" })).await.problem(412, "stale_revision");
    stale.patch(&path, json!({ "region": "us" })).await.problem(412, "stale_revision");
    stale.act(&format!("{path}/maintenance")).await.problem(412, "stale_revision");
    stale.delete(&path).await.problem(412, "stale_revision");
    let got = owner.get(&path).await.ok(200);
    assert_eq!((&got["region"], &got["revision"], &got["status"]), (&json!("eu"), &json!(2), &json!("pending")));
}

#[tokio::test]
async fn the_present_etag_and_the_star_are_honoured() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{CLUSTERS}/{}", owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id());
    owner.clone().with("if-match", "\"1\"").patch(&path, json!({ "region": "eu" })).await.ok(200);
    owner.clone().with("if-match", "*").patch(&path, json!({ "region": "us" })).await.ok(200);
    owner.clone().with("if-match", "\"3\"").delete(&path).await.ok(204);
}

#[tokio::test]
async fn what_is_no_etag_matches_nothing() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let path = format!("{CLUSTERS}/{}", owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id());
    for odd in ["1", "W/\"1\"", "\"x\"", "\"\"", "\"-1\"", "\"99999999999999999999999\"", "\"2\""] {
        let answer = owner.clone().with("if-match", odd).patch(&path, json!({ "region": "eu" })).await;
        answer.problem(412, "stale_revision");
    }
}

#[tokio::test]
async fn of_many_changes_with_one_etag_one_wins() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await).with("if-match", "\"1\"");
    let path = format!("{CLUSTERS}/{}", owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201).id());
    let changes = (0..8).map(|number| {
        let (owner, path) = (&owner, &path);
        async move { owner.patch(path, json!({ "region": format!("r{number}") })).await.status.as_u16() }
    });
    let mut statuses = join_all(changes).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
}

#[tokio::test]
async fn changes_without_an_etag_do_not_undo_each_other() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let made = owner.post("/v1/provider/gateways", estate::gateway("edge")).await.ok(201);
    let path = format!("/v1/provider/gateways/{}", made.id());
    let changes = (0..3).map(|number| {
        let (owner, path) = (&owner, &path);
        async move { owner.patch(path, json!({ "labels": { format!("k{number}"): "v" } })).await }
    });
    for answer in join_all(changes).await {
        answer.ok(200);
    }
    let got = owner.get(&path).await.ok(200);
    assert_eq!(got["labels"].as_object().unwrap().len(), 3);
    assert_eq!(got["revision"], 4);
}
