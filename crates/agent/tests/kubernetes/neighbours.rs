//! Several deployments of one cluster: what one waits for is nothing to the others.

use switchtower_domain::deployment::{DeploymentId, DeploymentStatus, Generation, ObjectOutcome};
use switchtower_protocol::snapshot::Snapshot;

use crate::{
    agent::{Agent, snapshot},
    gateway::Controller,
};

/// Another deployment of the cluster.
fn neighbour(hostname: &str) -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.deployment_id = DeploymentId::from_parts(1_760_000_000_000, 99);
    snapshot.publish.hostnames = vec![hostname.to_owned()];
    snapshot
}

/// An agent whose first deployment waits for a gateway that says nothing about it.
async fn waiting() -> Agent {
    let mut agent = Agent::start().await;
    agent.stand_in.with(|server| server.controller = Controller::SilentAbout(snapshot().deployment_id));
    agent.ring().await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Applying);
    agent
}

#[tokio::test]
async fn a_deployment_that_waits_for_its_gateway_holds_up_no_other() {
    let mut agent = waiting().await;
    let other = neighbour("one.example.com");
    let id = other.deployment_id;
    agent.publish_neighbour(other);
    agent.round().await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Applying);
    agent.after(1).await.unwrap();
    let known = agent.neighbour(id);
    assert_eq!((known.status, known.observed_generation), (DeploymentStatus::Ready, Some(Generation(1))));
    assert!(known.objects.iter().all(|object| object.outcome == ObjectOutcome::Created), "{known:?}");

    // A later generation passes by as well, however long the first one waits.
    for generation in 2..=4_u64 {
        agent.publish_neighbour(neighbour(&format!("host-{generation}.example.com")));
        agent.round().await.unwrap();
        agent.after(10).await.unwrap();
        let known = agent.neighbour(id);
        assert_eq!((known.status, known.observed_generation), (DeploymentStatus::Ready, Some(Generation(generation))));
        assert_eq!(agent.status(), DeploymentStatus::Applying);
    }
}

#[tokio::test]
async fn a_deployment_whose_gateway_never_answers_ends_alone_and_so_does_its_recovery() {
    let mut agent = waiting().await;
    let other = neighbour("one.example.com");
    let id = other.deployment_id;
    agent.publish_neighbour(other);
    agent.round().await.unwrap();
    agent.after(1).await.unwrap();
    agent.after(60).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Degraded);
    assert_eq!(agent.neighbour(id).status, DeploymentStatus::Ready);
    let revision = agent.control(|control| control.neighbours[&id].0.revision);
    agent.stand_in.with(|server| {
        server.controller = Controller::Accepts;
        server.reconcile();
    });
    agent.after(60).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
    assert_eq!(agent.control(|control| control.neighbours[&id].0.revision), revision, "nothing is said of the other");
}
