//! Doorbells are dropped, duplicated, reordered and garbled: every cluster converges to the newest generation.

use serde_json::json;

use crate::support::{
    AgentProcess, Gate, Rollout, Socket, World,
    aws::{self, ring},
    until,
    world::{id, queue},
};

#[tokio::test]
async fn a_cluster_converges_though_every_doorbell_is_lost() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let gate = Gate::with_deaf_queue().await;
    let agent = AgentProcess::start_at(&world, &cluster, &gate.url).await;
    let rollout = Rollout::draft(&world, &cluster).await;
    let deployment = rollout.publish().await;
    world.deployment_when(&deployment, 1, "ready", 60).await;

    rollout.change("/second").await;
    rollout.publish().await;
    world.deployment_when(&deployment, 2, "ready", 60).await;
    agent.manifests_when("/second", true, 5).await;

    // The doorbells were there, both of each: the fast one and the sure one.
    until("four doorbells wait in the queue", 20, async || match aws::depth(queue(&cluster)).await? {
        4.. => Ok(()),
        few => Err(format!("{few} doorbells")),
    })
    .await;
}

#[tokio::test]
async fn the_sure_way_rings_when_the_fast_one_is_lost() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let rollout = Rollout::draft(&world, &cluster).await;
    let deployment = rollout.publish().await;
    let at = queue(&cluster);
    until("both doorbells of a publish arrive", 20, async || match aws::depth(at).await? {
        2.. => Ok(()),
        few => Err(format!("{few} doorbells")),
    })
    .await;
    aws::sqs("PurgeQueue", json!({ "QueueUrl": at })).await.unwrap();

    // Lost as well: everything so far. An agent that starts now lists what is desired.
    let _agent = AgentProcess::start(&world, &cluster).await;
    world.deployment_when(&deployment, 1, "ready", 60).await;
}

#[tokio::test]
async fn duplicated_reordered_and_garbled_doorbells_do_no_harm() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let (one, two) = (Rollout::draft(&world, &cluster).await, Rollout::draft(&world, &cluster).await);
    let mut socket = Socket::subscribed(&world.me, "deployments", None).await;
    let agent = AgentProcess::start(&world, &cluster).await;
    let deployments = [one.publish().await, two.publish().await];
    let at = queue(&cluster);
    let noise = |round: usize| {
        let deployment = &deployments[round % 2];
        let doorbell = json!({ "cluster_id": id(&cluster), "deployment_id": deployment });
        match round % 5 {
            0 => json!("no doorbell"),
            1 => json!({ "cluster_id": id(&cluster), "deployment_id": "dep_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
            2 => json!({ "detail-type": "doorbell", "source": "switchtower", "detail": doorbell }),
            _ => doorbell,
        }
    };
    for generation in 2..=4 {
        for round in 0..8 {
            ring(at, &noise(round + generation)).await;
        }
        one.change(&format!("/one-{generation}")).await;
        one.publish().await;
        for round in 0..8 {
            ring(at, &noise(round + generation + 1)).await;
        }
    }
    world.deployment_when(&deployments[0], 4, "ready", 60).await;
    world.deployment_when(&deployments[1], 1, "ready", 60).await;
    agent.manifests_when("/one-4", true, 5).await;
    assert!(!agent.manifests_text().contains("/one-3"), "an older generation came back");

    // No event tells of an older generation after a newer one.
    let last = |event: &serde_json::Value| {
        event["subject"] == deployments[0] && event["data"]["generation"] == 4 && event["data"]["status"] == "ready"
    };
    let events = socket.events_until(20, last).await;
    let ready: Vec<_> = events
        .iter()
        .filter(|event| event["subject"] == deployments[0] && event["type"] != "deployment.desired")
        .map(|event| (event["id"].as_str().unwrap(), event["data"]["generation"].as_u64().unwrap_or(0)))
        .collect();
    let mut sorted = ready.clone();
    sorted.sort_unstable();
    let generations: Vec<_> = sorted.iter().map(|(_, generation)| *generation).collect();
    assert!(generations.is_sorted(), "an older generation was reported after a newer one: {sorted:?}");

    // What is no doorbell goes in the end, by way of the dead-letter queue or at once.
    until("the queue is empty", 60, async || match aws::depth(at).await? {
        0 => Ok(()),
        left => Err(format!("{left} messages")),
    })
    .await;
}
