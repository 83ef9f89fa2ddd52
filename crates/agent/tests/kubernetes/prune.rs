//! What must go, and what must stay.

use std::collections::BTreeSet;

use serde_json::json;
use switchtower_agent::port::Driver;
use switchtower_domain::deployment::{DeploymentStatus, Generation, ObjectOutcome};

use crate::{
    agent::{Agent, key, of, order, smaller, snapshot},
    gateway::Controller,
    server::StandIn,
};

const GATEWAY_API: &str = "gateway.networking.k8s.io/v1";

/// The first look puts in place, the second sees that all is taken up.
async fn twice(driver: &impl Driver, order: &switchtower_agent::port::Order) -> switchtower_agent::port::Placed {
    driver.apply(order).await.unwrap();
    driver.apply(order).await.unwrap()
}

#[tokio::test]
async fn what_carries_the_label_and_is_not_desired_goes_whether_it_was_listed_or_not() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    twice(&driver, &order(&driver, &snapshot(), 1)).await;
    let mut second = smaller();
    second.publish.hostnames = vec!["new.example.com".into()];
    let fewer = order(&driver, &second, 2);
    let placed = driver.apply(&fewer).await.unwrap();
    let deleted = placed.results.iter().filter(|result| result.outcome == ObjectOutcome::Deleted).count();
    assert!(deleted == 0, "something went before the rest was taken up");
    let placed = driver.apply(&fewer).await.unwrap();
    let deleted: BTreeSet<_> = placed
        .results
        .iter()
        .filter(|result| result.outcome == ObjectOutcome::Deleted)
        .map(|result| result.key.kind.clone())
        .collect();
    assert_eq!(deleted, ["Backend".to_owned(), "HTTPRoute".to_owned()].into());
    let left = stand_in.with(|server| server.names().len());
    assert_eq!(left, fewer.objects.len());
}

#[tokio::test]
async fn what_is_listed_goes_even_when_its_labels_were_taken_away_unless_others_made_it_theirs() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    twice(&driver, &order(&driver, &snapshot(), 1)).await;
    let route = stand_in.with(|server| {
        server.edit("HTTPRoute/", |route| _ = route["metadata"].as_object_mut().unwrap().remove("labels"));
        server.object("HTTPRoute/")["metadata"]["name"].as_str().unwrap().to_owned()
    });
    let foreign =
        json!({ "apiVersion": GATEWAY_API, "kind": "HTTPRoute", "metadata": { "name": "foreign" }, "spec": {} });
    stand_in.with(|server| server.add("httproutes", foreign));
    let mut nothing = order(&driver, &snapshot(), 2);
    nothing.objects = Default::default();
    nothing.delete = [
        key(GATEWAY_API, "HTTPRoute", &route),
        key(GATEWAY_API, "HTTPRoute", "foreign"),
        key(GATEWAY_API, "HTTPRoute", "never-was"),
    ]
    .into();
    let placed = driver.apply(&nothing).await.unwrap();
    assert!(placed.results.iter().all(|result| result.outcome == ObjectOutcome::Deleted));
    assert_eq!(stand_in.with(|server| server.names()), ["httproutes/foreign".to_owned()].into());
}

#[tokio::test]
async fn nothing_goes_while_an_object_failed_or_is_refused() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    let first = order(&driver, &snapshot(), 1);
    twice(&driver, &first).await;
    let fewer = order(&driver, &smaller(), 2);
    stand_in.with(|server| server.invalid.insert(fewer.objects[0].key.name.clone()));
    twice(&driver, &fewer).await;
    assert_eq!(stand_in.with(|server| server.names().len()), first.objects.len());
    stand_in.with(|server| {
        server.invalid.clear();
        server.controller =
            Controller::Refuses { kind: "HTTPRoute", condition: "Accepted", reason: "No", message: "no" };
        server.reconcile();
    });
    twice(&driver, &fewer).await;
    assert_eq!(stand_in.with(|server| server.names().len()), first.objects.len());
    stand_in.with(|server| server.controller = Controller::Accepts);
    stand_in.with(|server| server.reconcile());
    twice(&driver, &fewer).await;
    assert_eq!(stand_in.with(|server| server.names().len()), fewer.objects.len());
}

#[tokio::test]
async fn a_deletion_that_is_forbidden_is_told_and_another_deployments_objects_stay() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    let mut other = snapshot();
    other.deployment_id = other.deployment_id.next();
    let others = order(&driver, &other, 1);
    twice(&driver, &others).await;
    twice(&driver, &order(&driver, &snapshot(), 1)).await;
    let mut nothing = order(&driver, &snapshot(), 2);
    nothing.objects = Default::default();
    stand_in.with(|server| _ = server.denied.insert(("delete", "gateways")));
    let placed = driver.apply(&nothing).await.unwrap();
    assert_eq!(of(&placed, "Gateway").outcome, ObjectOutcome::Failed);
    assert_eq!(stand_in.with(|server| server.names().len()), others.objects.len() + 1);
    stand_in.with(|server| server.denied.clear());
    driver.apply(&nothing).await.unwrap();
    assert_eq!(stand_in.with(|server| server.names().len()), others.objects.len());
}

#[tokio::test]
async fn a_withdrawn_deployment_leaves_nothing_behind() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    assert_eq!(agent.status(), DeploymentStatus::Ready);
    agent.withdraw();
    agent.ring().await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Removed);
    assert!(agent.stand_in.with(|server| server.names()).is_empty());
    assert!(!agent.is_due(), "it still looks after what is gone");
}

#[tokio::test]
async fn a_deployment_that_exists_no_more_is_pruned_also_by_an_agent_that_lost_its_state() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    agent.control(|control| control.deployment = None);
    agent.restart(false).await;
    agent.resync().await.unwrap();
    assert!(agent.stand_in.with(|server| server.names()).is_empty());
}

#[tokio::test]
async fn another_clusters_objects_in_the_same_namespace_are_nobodys_to_prune() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    let foreign = "clu_00000000000000000000000001";
    agent.stand_in.with(|server| {
        for name in server.names() {
            let (_, name) = name.split_once('/').unwrap();
            let all: Vec<_> = server.objects.keys().filter(|(_, _, known)| known == name).cloned().collect();
            for key in all {
                let stored = server.objects.get_mut(&key).unwrap();
                stored.object["metadata"]["labels"]["switchtower.dev/cluster-id"] = foreign.into();
            }
        }
    });
    let before = agent.stand_in.with(|server| server.names());
    agent.control(|control| control.deployment = None);
    agent.restart(false).await;
    agent.resync().await.unwrap();
    assert_eq!(agent.stand_in.with(|server| server.names()), before);
}

#[tokio::test]
async fn a_lost_state_is_found_again_on_the_objects() {
    let mut agent = Agent::start().await;
    agent.settle().await;
    agent.publish(snapshot());
    agent.settle().await;
    let owned = agent.stand_in.driver(false).await.owned().await.unwrap();
    assert_eq!((owned.len(), owned[0].generation), (1, Generation(2)));
    assert_eq!(owned[0].objects.len(), agent.stand_in.with(|server| server.names().len()));

    agent.publish(smaller());
    agent.restart(false).await;
    agent.resync().await.unwrap();
    agent.after(1).await.unwrap();
    assert_eq!(agent.status(), DeploymentStatus::Ready);
    let driver = agent.stand_in.driver(false).await;
    assert_eq!(agent.stand_in.with(|server| server.names().len()), order(&driver, &smaller(), 3).objects.len());
}
