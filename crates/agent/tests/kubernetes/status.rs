//! `ready` means that the gateway accepted it.

use std::collections::BTreeSet;

use switchtower_agent::converge::ConvergeError;
use switchtower_domain::{
    cluster::ClusterId,
    deployment::{ConditionStatus, DeploymentStatus, ObjectOutcome, Outcome},
};

use crate::{
    agent::{Agent, snapshot},
    gateway::Controller,
};

/// Applies while the controller behaves like this.
async fn with(controller: Controller) -> Agent {
    let mut agent = Agent::start().await;
    agent.stand_in.with(|server| server.controller = controller);
    agent.ring().await.unwrap();
    agent
}

fn becomes(agent: &Agent, controller: Controller) {
    agent.stand_in.with(|server| {
        server.controller = controller;
        server.reconcile();
    });
}

const UNRESOLVED: Controller = Controller::Refuses {
    kind: "HTTPRoute",
    condition: "ResolvedRefs",
    reason: "BackendNotFound",
    message: "Backend switchtower/orders not found",
};

#[tokio::test]
async fn it_is_applying_until_the_gateway_has_accepted_and_then_ready() {
    let mut agent = with(Controller::Silent).await;
    assert_eq!(agent.status(), DeploymentStatus::Applying);
    assert_eq!(agent.condition("Applied").status, ConditionStatus::True);
    assert_eq!(agent.condition("Accepted").status, ConditionStatus::Unknown);
    assert_eq!(agent.state().applied_version, 0);
    becomes(&agent, Controller::Accepts);
    agent.after(1).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
    for kind in ["Applied", "Accepted", "Programmed", "ResolvedRefs"] {
        assert_eq!(agent.condition(kind).status, ConditionStatus::True, "{kind}");
    }
    assert!(agent.deployment().objects.iter().all(|object| object.outcome == ObjectOutcome::Created));
}

#[tokio::test]
async fn a_gateway_that_never_answers_makes_it_degraded_and_ready_when_it_does_after_all() {
    let mut agent = with(Controller::Silent).await;
    agent.after(59).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Applying);
    agent.after(5).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Degraded);
    let gateway = agent.object("Gateway");
    assert!(gateway.message.as_deref().unwrap().contains("has not taken it up in 60 seconds"), "{gateway:?}");
    let reports = agent.reports();
    agent.after(60).await.unwrap();
    assert_eq!(agent.reports(), reports);
    becomes(&agent, Controller::Accepts);
    agent.after(60).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
}

#[tokio::test]
async fn a_refusal_fails_the_object_in_the_gateways_words_after_a_moment_of_grace() {
    let mut agent = with(UNRESOLVED).await;
    assert_eq!(agent.status(), DeploymentStatus::Applying, "a route may be seen before its backend");
    agent.after(1).await.unwrap();
    agent.after(4).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Degraded);
    let route = agent.object("HTTPRoute");
    assert_eq!(route.outcome, ObjectOutcome::Failed);
    assert!(route.message.unwrap().contains("BackendNotFound: Backend switchtower/orders not found"));
    let condition = agent.condition("ResolvedRefs");
    assert_eq!((condition.status, condition.reason.as_str()), (ConditionStatus::False, "BackendNotFound"));
    assert_eq!(agent.condition("Accepted").status, ConditionStatus::True);
    becomes(&agent, Controller::Accepts);
    agent.after(10).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
}

#[tokio::test]
async fn a_refusal_that_passes_is_never_told() {
    let mut agent = with(UNRESOLVED).await;
    becomes(&agent, Controller::Accepts);
    agent.after(1).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
    let told = agent.control(|control| control.reports.iter().any(|report| report.outcome == Outcome::Partial));
    assert!(!told, "it was told that the route is refused");
}

#[tokio::test]
async fn an_answer_about_the_generation_before_does_not_make_it_ready() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    becomes(&agent, Controller::Lags);
    let mut changed = snapshot();
    changed.publish.hostnames = vec!["new.example.com".into()];
    agent.publish(changed);
    agent.ring().await.unwrap();
    agent.after(5).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Applying);
    assert_eq!(agent.condition("Accepted").status, ConditionStatus::Unknown);
    becomes(&agent, Controller::Accepts);
    agent.after(5).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
}

#[tokio::test]
async fn a_gateway_without_an_address_is_accepted_and_not_ready() {
    let mut agent = with(Controller::HasNoAddress).await;
    agent.after(30).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Applying);
    agent.after(31).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Degraded);
    assert_eq!(agent.condition("Accepted").status, ConditionStatus::True);
    let programmed = agent.condition("Programmed");
    assert_eq!((programmed.status, programmed.reason.as_str()), (ConditionStatus::False, "AddressNotAssigned"));
}

#[tokio::test]
async fn a_backend_api_that_is_off_is_told_with_how_to_turn_it_on() {
    let message = "The Backend was not accepted since Backend is not enabled in Envoy Gateway Config";
    let off = Controller::Refuses { kind: "Backend", condition: "Accepted", reason: "Invalid", message };
    let mut agent = with(off).await;
    agent.after(1).await.unwrap();
    agent.after(5).await.unwrap();
    let backend = agent.object("Backend");
    assert_eq!(backend.outcome, ObjectOutcome::Failed);
    assert!(backend.message.unwrap().contains("enableBackend: true"));
}

#[tokio::test]
async fn a_policy_for_a_backend_that_nobody_uses_is_not_waited_for() {
    let mut agent = Agent::start().await;
    agent.control(|control| control.snapshot.api_services[0].routes.retain(|route| route.spec.backend_refs.len() == 1));
    agent.ring().await.unwrap();
    agent.stand_in.with(|server| {
        let idle = server
            .objects
            .iter()
            .filter(|((plural, ..), _)| plural == "backendtlspolicies")
            .map(|(key, _)| key.clone())
            .find(|(_, _, name)| name.contains("backend-2"))
            .unwrap();
        server.objects.get_mut(&idle).unwrap().object.as_object_mut().unwrap().remove("status");
    });
    agent.after(1).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
}

#[tokio::test]
async fn an_agent_that_restarts_while_it_waits_does_not_forget_to() {
    let mut agent = with(Controller::Silent).await;
    agent.restart(true).await;
    becomes(&agent, Controller::Accepts);
    agent.resync().await.unwrap();
    assert_eq!((agent.status(), agent.state().applied_version), (DeploymentStatus::Ready, 1));
}

#[tokio::test]
async fn an_api_server_that_is_away_keeps_what_is_known_and_is_told_of_what_is_not() {
    let mut agent = Agent::start().await;
    agent.stand_in.with(|server| server.down = true);
    assert!(matches!(agent.ring().await, Err(ConvergeError::Driver(_))), "the doorbell must come again");
    assert_eq!(agent.status(), DeploymentStatus::Applying);
    let applied = agent.condition("Applied");
    assert_eq!((applied.status, applied.reason.as_str()), (ConditionStatus::Unknown, "TargetUnreachable"));
    agent.stand_in.with(|server| server.down = false);
    agent.after(5).await.unwrap();
    agent.after(1).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);

    agent.stand_in.with(|server| server.down = true);
    assert!(agent.resync().await.is_err());
    assert!(agent.after(60).await.is_err());
    agent.after(0).await.expect("nothing is looked at again at once");
    assert_eq!(agent.status(), DeploymentStatus::Ready);
}

#[tokio::test]
async fn everything_that_a_snapshot_can_say_is_applied_taken_up_and_taken_away() {
    let mut agent = Agent::start().await;
    agent.control(|control| {
        let id = control.snapshot.deployment_id;
        control.snapshot = switchtower_render::fixture::full();
        (control.snapshot.deployment_id, control.snapshot.cluster_id) = (id, ClusterId::nil());
    });
    agent.settle().await;
    assert_eq!(agent.status(), DeploymentStatus::Ready, "{:?}", agent.deployment().conditions);
    let kinds: BTreeSet<_> = agent.deployment().objects.into_iter().map(|object| object.kind).collect();
    assert!(kinds.len() >= 8, "{kinds:?}");
    let reports = agent.reports();
    agent.after(60).await.unwrap();
    assert_eq!(agent.reports(), reports, "what was just applied looks changed");
    agent.withdraw();
    agent.ring().await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Removed);
    assert!(agent.stand_in.with(|server| server.names()).is_empty());
}
