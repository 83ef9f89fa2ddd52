//! `/v1/agent/deployments`

use serde_json::json;
use switchtower_tests::{Estate, World};

#[tokio::test]
async fn an_agent_fetches_the_snapshot_of_the_newest_generation() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    let listed = agent.get("/v1/agent/deployments").await.ok(200);
    assert_eq!(listed["desired_version"], 1);
    let item = &listed.items()[0];
    assert_eq!(
        (&item["generation"], &item["desired"], &item["settled"]),
        (&json!(1), &json!("present"), &json!(false))
    );
    let got = agent.get(&estate.path("/v1/agent/deployments/{id}")).await.ok(200);
    assert_eq!(got["digest"], item["digest"]);
    assert_eq!(got["snapshot"]["cluster_id"], json!(estate.id("clusters")));
    assert_eq!(got["snapshot"]["api_services"][0]["id"], json!(estate.id("api-services")));
}

#[tokio::test]
async fn every_change_of_what_is_desired_has_the_next_version() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let publish = estate.path("/v1/provider/product-publishes/{id}");
    owner.act(&format!("{publish}/publish")).await.ok(200);
    assert_eq!(agent.get("/v1/agent/deployments").await.ok(200)["desired_version"], 1, "nothing has changed");
    owner.act(&format!("{publish}/withdraw")).await.ok(200);
    let listed = agent.get("/v1/agent/deployments").await.ok(200);
    assert_eq!((&listed["desired_version"], &listed.items()[0]["desired"]), (&json!(2), &json!("absent")));
    let got = agent.get(&estate.path("/v1/agent/deployments/{id}")).await.ok(200);
    assert_eq!((&got["generation"], &got["snapshot"]), (&json!(2), &json!(null)));
}

#[tokio::test]
async fn what_was_removed_is_listed_no_more() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    owner.act(&estate.path("/v1/provider/product-publishes/{id}/withdraw")).await.ok(200);
    assert_eq!(agent.get("/v1/agent/deployments").await.ok(200).items().len(), 1);
    let report = json!({ "deployment_id": estate.id("deployments"), "generation": 2, "outcome": "applied" });
    agent.post("/v1/agent/reports", report).await.ok(200);
    assert!(agent.get("/v1/agent/deployments").await.ok(200).items().is_empty());
}

#[tokio::test]
async fn a_doorbell_rings_at_the_cluster_s_own_queue() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let rung = world.doorbells.rung();
    assert_eq!(rung.len(), 1);
    let (queue, doorbell) = &rung[0];
    assert!(queue.ends_with(estate.id("clusters")));
    assert_eq!(doorbell.deployment_id.to_string(), estate.id("deployments"));
    world.owner(&estate.account).act(&estate.path("/v1/provider/product-publishes/{id}/publish")).await.ok(200);
    assert_eq!(world.doorbells.rung().len(), 1, "nothing has changed, and it rang");
}
