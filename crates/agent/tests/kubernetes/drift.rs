//! Changes by hand: noticed, put right or left, and told.

use serde_json::json;
use switchtower_domain::{
    deployment::{ConditionStatus, DeploymentStatus, ObjectOutcome},
    product_publish::DriftPolicy,
};

use crate::{
    agent::{Agent, snapshot},
    gateway::Controller,
};

fn alerting() -> switchtower_protocol::snapshot::Snapshot {
    let mut snapshot = snapshot();
    snapshot.publish.drift = DriftPolicy::Alert;
    snapshot
}

fn tamper(agent: &Agent) {
    agent.stand_in.with(|server| {
        server.edit("HTTPRoute/", |route| route["spec"]["hostnames"] = json!(["evil.example.com"]));
        server.reconcile();
    });
}

#[tokio::test]
async fn a_change_by_hand_is_put_right_within_a_minute_and_told_with_field_and_author() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    tamper(&agent);
    agent.after(60).await.unwrap();
    assert_eq!(agent.live("HTTPRoute/")["spec"]["hostnames"], json!(["api.example.com", "api.example.org"]));
    agent.after(1).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
    let route = agent.object("HTTPRoute");
    assert_eq!((route.outcome, route.field.as_deref()), (ObjectOutcome::Updated, Some(".spec.hostnames")));
    assert!(route.message.unwrap().contains("changed by `kubectl-edit`"));
    let drifted = agent.condition("Drifted");
    assert_eq!((drifted.status, drifted.reason.as_str()), (ConditionStatus::False, "AsPublished"));

    let reports = agent.reports();
    agent.after(60).await.unwrap();
    agent.after(60).await.unwrap();
    assert_eq!(agent.reports(), reports, "what is as it was is no news");
}

#[tokio::test]
async fn it_is_put_right_while_the_control_plane_is_away_and_told_later() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    tamper(&agent);
    agent.control(|control| control.down = true);
    agent.after(60).await.unwrap();
    agent.after(1).await.unwrap();
    assert_eq!(agent.live("HTTPRoute/")["spec"]["hostnames"][0], "api.example.com");
    agent.control(|control| control.down = false);
    agent.after(60).await.unwrap();
    assert_eq!(agent.object("HTTPRoute").outcome, ObjectOutcome::Updated);
}

#[tokio::test]
async fn what_was_deleted_by_hand_is_back_after_a_look_and_after_a_resync() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    agent.stand_in.with(|server| server.delete("Backend/"));
    agent.after(60).await.unwrap();
    agent.after(1).await.unwrap();
    assert!(agent.object("Backend").message.unwrap().contains("deleted by hand"));
    agent.stand_in.with(|server| server.delete("Gateway/"));
    agent.resync().await.unwrap();
    agent.live("Gateway/");
    agent.after(1).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
}

#[tokio::test]
async fn labels_that_were_taken_away_are_put_back() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    agent.stand_in.with(|server| {
        server.edit("Gateway/", |gateway| _ = gateway["metadata"].as_object_mut().unwrap().remove("labels"))
    });
    agent.after(60).await.unwrap();
    let id = snapshot().deployment_id.to_string();
    assert_eq!(agent.live("Gateway/")["metadata"]["labels"]["switchtower.dev/deployment-id"], id);
}

#[tokio::test]
async fn with_alert_it_is_left_and_the_deployment_is_degraded_until_it_is_as_published() {
    let mut agent = Agent::start().await;
    agent.control(|control| control.snapshot = alerting());
    agent.settle().await;
    assert_eq!(agent.status(), DeploymentStatus::Ready);
    let before = agent.live("HTTPRoute/")["spec"]["hostnames"].clone();
    tamper(&agent);
    agent.after(60).await.unwrap();
    assert_eq!(agent.live("HTTPRoute/")["spec"]["hostnames"], json!(["evil.example.com"]));
    assert_eq!(agent.status(), DeploymentStatus::Degraded);
    let route = agent.object("HTTPRoute");
    assert_eq!((route.outcome, route.field.as_deref()), (ObjectOutcome::Drifted, Some(".spec.hostnames")));
    let drifted = agent.condition("Drifted");
    assert_eq!((drifted.status, drifted.reason.as_str()), (ConditionStatus::True, "ChangedByHand"));
    assert!(drifted.message.contains("kubectl-edit"), "{}", drifted.message);
    assert_eq!(agent.condition("Applied").status, ConditionStatus::True);

    let reports = agent.reports();
    agent.after(60).await.unwrap();
    agent.resync().await.unwrap();
    agent.restart(true).await;
    agent.resync().await.unwrap();
    assert_eq!(agent.live("HTTPRoute/")["spec"]["hostnames"], json!(["evil.example.com"]), "a resync put it right");
    assert_eq!(agent.reports(), reports + 2, "resyncs say it again, and looks do not");

    agent.stand_in.with(|server| {
        server.edit("HTTPRoute/", |route| route["spec"]["hostnames"] = before.clone());
        server.reconcile();
    });
    agent.after(60).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
}

#[tokio::test]
async fn with_alert_what_was_deleted_by_hand_stays_away_until_the_next_generation() {
    let mut agent = Agent::start().await;
    agent.control(|control| control.snapshot = alerting());
    agent.settle().await;
    agent.stand_in.with(|server| server.delete("Gateway/"));
    agent.after(60).await.unwrap();
    assert_eq!((agent.status(), agent.object("Gateway").outcome), (DeploymentStatus::Degraded, ObjectOutcome::Drifted));
    agent.publish(alerting());
    agent.settle().await;
    agent.live("Gateway/");
    assert_eq!(agent.status(), DeploymentStatus::Ready);
}

#[tokio::test]
async fn what_never_got_in_place_is_no_drift() {
    let mut agent = Agent::start().await;
    agent.control(|control| control.snapshot = alerting());
    agent.stand_in.with(|server| _ = server.denied.insert(("patch", "gateways")));
    agent.ring().await.unwrap();
    agent.stand_in.with(|server| {
        server.denied.clear();
        server.controller = Controller::Accepts;
    });
    agent.after(60).await.unwrap();
    agent.live("Gateway/");
    agent.after(1).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
}

#[tokio::test]
async fn a_change_by_hand_that_a_new_generation_meets_is_put_right_and_not_a_conflict() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    tamper(&agent);
    agent.publish(snapshot());
    agent.settle().await;
    assert_eq!(agent.status(), DeploymentStatus::Ready);
    let route = agent.object("HTTPRoute");
    assert!(route.message.unwrap().contains("changed by `kubectl-edit`"));
    assert_eq!(agent.live("HTTPRoute/")["spec"]["hostnames"][0], "api.example.com");

    // An agent that has restarted meanwhile does not know whose it was, and takes nothing.
    tamper(&agent);
    agent.publish(snapshot());
    agent.restart(true).await;
    agent.settle().await;
    assert_eq!(agent.status(), DeploymentStatus::Degraded);
    assert_eq!(agent.object("HTTPRoute").outcome, ObjectOutcome::Failed);
}

#[tokio::test]
async fn what_a_newer_agent_renders_differently_is_applied_and_no_change_by_hand() {
    let mut agent = Agent::start().await;
    agent.control(|control| control.snapshot = alerting());
    agent.settle().await;
    // The same generation, as another agent would render it.
    agent.control(|control| control.snapshot.publish.hostnames = vec!["other.example.com".into()]);
    agent.restart(true).await;
    agent.resync().await.unwrap();
    agent.after(1).await.unwrap();
    assert_eq!(agent.live("HTTPRoute/")["spec"]["hostnames"], json!(["other.example.com"]));
    assert_eq!(agent.status(), DeploymentStatus::Ready);
    assert_eq!(agent.condition("Drifted").reason, "AsPublished");
}
