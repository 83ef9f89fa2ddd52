//! `/v1/operator/clusters`

use serde_json::json;
use switchtower_tests::World;

const CLUSTERS: &str = "/v1/operator/clusters";

#[tokio::test]
async fn a_cluster_begins_pending_at_revision_1() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let owner = world.owner(&acme);
    let made = owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    assert_eq!(made["status"], "pending");
    assert_eq!(made.etag(), "\"1\"");
    assert_eq!(made.header("location"), Some(format!("{CLUSTERS}/{}", made.id()).as_str()));
    let got = owner.get(&format!("{CLUSTERS}/{}", made.id())).await.ok(200);
    assert_eq!(got.body, made.body);
}
