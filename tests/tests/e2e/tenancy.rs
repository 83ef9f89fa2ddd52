//! A tenant sees nothing of another one, on every endpoint of the OpenAPI document and on every channel.

mod walk;

use serde_json::json;

use self::walk::{Walk, resources};
use crate::support::{HandAgent, Rollout, Socket, World, world::id};

#[tokio::test]
async fn a_tenant_is_blind_to_another_on_every_endpoint() {
    let (ours, theirs) = (World::new().await, World::new().await);
    let resources = resources(&theirs).await;
    let walk = Walk::new(&ours, &resources).await;
    let walked = walk.all().await;
    assert!(walked > 60, "only {walked} endpoints were walked");
    resources.are_there(&theirs).await;
    let ours_there = theirs.admin.items(&format!("/v1/admin/events?actor=api_key:{}", ours.key)).await;
    assert!(ours_there.is_empty(), "another tenant changed something: {ours_there:?}");
}

#[tokio::test]
async fn a_key_opens_no_other_tenant() {
    let (ours, theirs) = (World::new().await, World::new().await);
    let answer = ours.me.with("x-tenant", &theirs.tenant).get("/v1/operator/clusters").await;
    assert!(answer.status.is_client_error(), "{}: {}", answer.status, answer.body);
}

#[tokio::test]
async fn an_agent_is_blind_to_the_deployments_of_other_clusters() {
    let (ours, theirs) = (World::new().await, World::new().await);
    let (our_cluster, their_cluster) = (ours.cluster().await, theirs.cluster().await);
    let agent = HandAgent::register(&ours, &our_cluster).await;
    let deployment = Rollout::draft(&theirs, &their_cluster).await.publish().await;
    let me = agent.caller();
    me.get(&format!("/v1/agent/deployments/{deployment}")).await.refused(404, "not_found");
    let report = json!({ "deployment_id": deployment, "generation": 1, "outcome": "applied" });
    me.post("/v1/agent/reports", report).await.refused(404, "not_found");
    let listed = me.get("/v1/agent/deployments").await.ok();
    assert_eq!(listed.body["items"], json!([]));
    let seen = theirs.me.get(&format!("/v1/provider/deployments/{deployment}")).await.ok();
    assert_eq!(seen.body["status"], "pending");
}

#[tokio::test]
async fn a_tenant_is_blind_to_another_on_every_channel() {
    let (ours, theirs) = (World::new().await, World::new().await);
    let their_log = theirs.admin.items("/v1/admin/events").await;
    let their_event = their_log.first().expect("the tenant has events")["id"].as_str().unwrap().to_owned();
    let mut sockets = Vec::new();
    for channel in ["events", "deployments", "clusters"] {
        sockets.push(Socket::subscribed(&ours.me, channel, None).await);
        sockets.push(Socket::subscribed(&ours.me, channel, Some(&their_event)).await);
    }

    let their_cluster = theirs.cluster().await;
    let rollout = Rollout::draft(&theirs, &their_cluster).await;
    rollout.publish().await;
    // What is ours comes after what is theirs, so that it tells when to stop listening.
    let our_cluster = ours.cluster().await;
    let publish = Rollout::draft(&ours, &our_cluster).await;
    let our_deployment = publish.publish().await;
    for (index, socket) in sockets.iter_mut().enumerate() {
        let mark = if index >= 4 { id(&our_cluster) } else { &our_deployment };
        let mut events = socket.events_until(30, |event| event["subject"] == mark).await;
        while let Some(event) = socket.event(2).await {
            events.push(event);
        }
        for event in events {
            assert_eq!(event["tenant_id"], ours.tenant, "an event of another tenant came: {event}");
        }
    }
}
