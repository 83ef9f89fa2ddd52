//! A product is published, published again and withdrawn, and the cluster follows.

use std::cell::RefCell;

use serde_json::Value;

use crate::support::{AgentProcess, Rollout, Socket, World, world};

#[tokio::test]
async fn a_product_is_rolled_out_changed_and_withdrawn() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let agent = AgentProcess::start(&world, &cluster).await;
    let mut socket = Socket::subscribed(&world.me, "deployments", None).await;
    let rollout = Rollout::draft(&world, &cluster).await;

    let deployment = rollout.publish().await;
    let seen = world.deployment_when(&deployment, 1, "ready", 60).await;
    assert_eq!((&seen["observed_generation"], &seen["stale"]), (&1.into(), &false.into()));
    assert!(seen["object_count"].as_u64().unwrap() > 0, "{seen}");
    agent.manifests_when("/first", true, 5).await;

    // What the product is now is what is there already: no new generation.
    rollout.publish().await;
    let again = world.me.get(&format!("/v1/provider/deployments/{deployment}")).await.ok();
    assert_eq!(again.body["generation"], 1);

    rollout.change("/second").await;
    rollout.publish().await;
    world.deployment_when(&deployment, 2, "ready", 60).await;
    agent.manifests_when("/second", true, 5).await;
    agent.manifests_when("/first", false, 5).await;

    rollout.withdraw().await;
    world.deployment_when(&deployment, 3, "removed", 60).await;
    assert_eq!(agent.manifests_text(), "", "a withdrawn product leaves manifests behind");

    // The feed tells everything; it does not promise in which order.
    let awaited = RefCell::new(vec![(1, "ready"), (2, "ready"), (3, "removed")]);
    let all = |event: &Value| {
        let told = (event["data"]["generation"].as_u64(), event["data"]["status"].as_str());
        awaited.borrow_mut().retain(|(generation, status)| told != (Some(*generation), Some(*status)));
        awaited.borrow().is_empty()
    };
    socket.events_until(20, all).await;

    // Nothing of it is left, so everything can be deleted.
    world.me.delete(&format!("/v1/provider/product-publishes/{}", rollout.publish)).await.ok();
    world.me.delete(&format!("/v1/operator/clusters/{}", world::id(&cluster))).await.ok();
}
