//! Agents are killed, and start while the control plane is away.

use crate::support::{AgentProcess, Gate, Rollout, World, until};

#[tokio::test]
async fn an_agent_killed_between_apply_and_report_reports_when_it_is_back() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let gate = Gate::open().await;
    let mut agent = AgentProcess::start_at(&world, &cluster, &gate.url).await;
    let rollout = Rollout::draft(&world, &cluster).await;
    gate.hold_reports();
    let deployment = rollout.publish().await;
    gate.report_held().await;
    agent.kill();

    // It is applied, and nobody knows.
    agent.manifests_when("/first", true, 5).await;
    let seen = world.me.get(&format!("/v1/provider/deployments/{deployment}")).await.ok();
    assert!(["pending", "applying"].contains(&seen.text("/status").as_str()), "{}", seen.body);

    gate.release_reports();
    agent.resume();
    world.deployment_when(&deployment, 1, "ready", 60).await;
    agent.manifests_when("/first", true, 5).await;
}

#[tokio::test]
async fn an_agent_killed_between_apply_and_report_goes_on_with_what_is_newest() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let gate = Gate::open().await;
    let mut agent = AgentProcess::start_at(&world, &cluster, &gate.url).await;
    let rollout = Rollout::draft(&world, &cluster).await;
    gate.hold_reports();
    let deployment = rollout.publish().await;
    gate.report_held().await;
    agent.kill();

    rollout.change("/second").await;
    rollout.publish().await;
    gate.release_reports();
    agent.resume();
    let seen = world.deployment_when(&deployment, 2, "ready", 60).await;
    assert_eq!(seen["observed_generation"], 2);
    agent.manifests_when("/first", false, 5).await;
}

#[tokio::test]
async fn an_agent_starts_and_keeps_what_runs_while_the_control_plane_is_away() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let mut gate = Gate::open().await;
    let mut agent = AgentProcess::start_at(&world, &cluster, &gate.url).await;
    let rollout = Rollout::draft(&world, &cluster).await;
    let deployment = rollout.publish().await;
    world.deployment_when(&deployment, 1, "ready", 60).await;
    let before = agent.manifests_text();

    assert!(agent.stop().await, "SIGTERM is no failure");
    gate.go_away();
    rollout.change("/second").await;
    rollout.publish().await;
    agent.resume();
    until("the agent says that it runs", 20, async || match agent.asked("/healthz").await? {
        (200, _) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    assert_eq!(agent.manifests_text(), before, "what runs changed while the control plane was away");

    gate.come_back().await;
    world.deployment_when(&deployment, 2, "ready", 60).await;
    agent.manifests_when("/second", true, 5).await;
}
