//! `/v1/operator/deployments`, which `/v1/provider/deployments` is like.

use serde_json::json;
use switchtower_tests::{Estate, World};

#[tokio::test]
async fn operators_and_providers_see_the_same_deployment() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let mut seen = Vec::new();
    for persona in ["operator", "provider"] {
        let all = format!("/v1/{persona}/deployments");
        let listed = owner.get(&all).await.ok(200);
        let got = owner.get(&format!("{all}/{}", estate.id("deployments"))).await.ok(200);
        assert_eq!(listed.items(), &[got.body.clone()]);
        let by_cluster = owner.get(&format!("{all}?cluster_id={}", estate.id("clusters"))).await.ok(200);
        assert_eq!(by_cluster.items(), listed.items());
        seen.push(got.body);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!((&seen[0]["status"], &seen[0]["generation"]), (&json!("pending"), &json!(1)));
    assert_eq!(seen[0]["stale"], false);
}

#[tokio::test]
async fn an_unknown_cluster_has_no_deployments() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let unknown = "cluster_id=clu_01k2m5z8h3v9q4x7n6p0r2s1t5";
    owner.get(&format!("/v1/operator/deployments?{unknown}")).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_history_of_generations_tells_who_what_and_why() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let publish = estate.path("/v1/provider/product-publishes/{id}");
    owner.post(&format!("{publish}/withdraw"), json!({ "reason": "an incident" })).await.ok(200);
    owner.post(&format!("{publish}/publish"), json!({ "reason": "it is over" })).await.ok(200);
    let path = estate.path("/v1/operator/deployments/{id}/generations");
    let listed = owner.get(&path).await.ok(200);
    let told: Vec<_> = listed.items().iter().map(|row| (&row["generation"], &row["desired"], &row["reason"])).collect();
    assert_eq!(
        told,
        [
            (&json!(3), &json!("present"), &json!("it is over")),
            (&json!(2), &json!("absent"), &json!("an incident")),
            (&json!(1), &json!("present"), &json!(null)),
        ]
    );
    let first = owner.get(&format!("{path}?limit=2")).await.ok(200);
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(owner.get(&format!("{path}?limit=2&cursor={next}")).await.ok(200).items().len(), 1);
}
