//! An agent falls silent, and comes back.

use serde_json::json;

use crate::support::{AgentProcess, Rollout, World, aws, until, world::id};

/// Ten heartbeats of 5 s, and some for the watch to look.
const OFFLINE_SECONDS: u64 = 90;

#[tokio::test]
async fn a_silent_cluster_is_stale_and_current_again_when_it_is_heard() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let mut agent = AgentProcess::start(&world, &cluster).await;
    let rollout = Rollout::draft(&world, &cluster).await;
    let deployment = rollout.publish().await;
    world.deployment_when(&deployment, 1, "ready", 60).await;

    agent.kill();
    let agents = format!("/v1/operator/agents?cluster_id={}", id(&cluster));
    until("the agent is offline", OFFLINE_SECONDS, async || {
        // The schedule looks each minute; the test does not wait for it.
        aws::invoke("worker-fleet-watch", &json!({})).await;
        let seen = world.me.items(&agents).await.remove(0);
        if seen["status"] == "offline" { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
    let silent = world.cluster_when(id(&cluster), 10, "is inactive", |seen| seen["status"] == "inactive").await;
    assert!(silent["last_seen_at"].is_string(), "{silent}");
    let at = format!("/v1/provider/deployments/{deployment}");
    let stale = world.when(&at, 10, "is stale", |seen| seen["stale"] == true).await;
    assert_eq!(stale["status"], "ready", "what was last known stays");
    assert!(stale["last_seen_at"].is_string(), "{stale}");

    // What is published meanwhile waits, and says so.
    rollout.change("/second").await;
    rollout.publish().await;
    let waiting = world.me.get(&at).await.ok().body;
    assert_eq!((&waiting["status"], &waiting["stale"]), (&"pending".into(), &true.into()));

    agent.resume();
    world.deployment_when(&deployment, 2, "ready", 60).await;
    world.when(&at, 30, "is current", |seen| seen["stale"] == false).await;
    world.cluster_when(id(&cluster), 30, "is active", |seen| seen["status"] == "active").await;
    until("the agent is online", 30, async || {
        let seen = world.me.items(&agents).await.remove(0);
        if seen["status"] == "online" { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
}
