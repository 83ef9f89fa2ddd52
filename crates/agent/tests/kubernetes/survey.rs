//! What the agent tells of what it can do.

use std::collections::BTreeSet;

use serde_json::json;
use switchtower_agent::port::Driver;
use switchtower_protocol::capabilities::Capabilities;

use crate::{
    agent::{order, snapshot},
    gateway::Controller,
    server::{Server, StandIn},
};

async fn survey(change: impl FnOnce(&mut Server)) -> Capabilities {
    let stand_in = StandIn::start().await;
    stand_in.with(change);
    stand_in.driver(false).await.survey().await
}

fn problem<'c>(found: &'c Capabilities, code: &str) -> &'c str {
    let problem = found.problems.iter().find(|problem| problem.code == code);
    assert!(problem.is_some(), "no {code} in {:?}", found.problems);
    problem.unwrap().message.as_str()
}

#[tokio::test]
async fn in_a_cluster_with_everything_nothing_stands_in_the_way() {
    let found = survey(|_| {}).await;
    assert_eq!(found.problems, []);
    assert_eq!(
        (found.driver.as_str(), found.gateway_classes.as_slice()),
        ("kubernetes", ["envoy".to_owned()].as_slice())
    );
    assert!(found.apis.contains(&"gateway.networking.k8s.io/v1/HTTPRoute".to_owned()));
    assert_eq!(found.namespace.as_deref(), Some("switchtower"));
    assert_eq!(found.gateway_class_name.as_deref(), Some("envoy-gateway"));
}

#[tokio::test]
async fn kinds_that_are_not_served_are_told_and_vital_ones_take_the_class_away() {
    let found = survey(|server| _ = server.unserved.insert("SecurityPolicy")).await;
    assert!(problem(&found, "api_not_served").contains("SecurityPolicy"));
    assert_eq!(found.gateway_classes, ["envoy"]);
    assert!(!found.apis.contains(&"gateway.envoyproxy.io/v1alpha1/SecurityPolicy".to_owned()));
    let found = survey(|server| _ = server.unserved.insert("Backend")).await;
    assert!(problem(&found, "api_not_served").contains("install Envoy Gateway"));
    assert!(found.gateway_classes.is_empty());
}

#[tokio::test]
async fn a_cluster_without_any_of_it_says_so_for_each_kind() {
    let found = survey(|server| {
        server.objects.clear();
        server.unserved.extend(crate::server::KINDS.map(|(_, kind, _)| kind));
    })
    .await;
    let unserved = found.problems.iter().filter(|problem| problem.code == "api_not_served").count();
    assert_eq!((unserved, found.apis.len()), (9, 0));
    problem(&found, "gateway_class_missing");
}

#[tokio::test]
async fn a_gateway_class_that_is_missing_not_accepted_or_not_readable_is_told() {
    let found = survey(|server| server.objects.clear()).await;
    assert!(problem(&found, "gateway_class_missing").contains("--gateway-class"));
    assert!(found.gateway_classes.is_empty());
    let found = survey(|server| {
        let class = server.objects.values_mut().next().unwrap();
        class.object["status"]["conditions"][0]["status"] = "False".into();
        class.object["status"]["conditions"][0]["message"] = "wrong parameters".into();
    })
    .await;
    assert!(problem(&found, "gateway_class_not_accepted").contains("wrong parameters"));
    let found = survey(|server| _ = server.denied.insert(("get", "gatewayclasses"))).await;
    assert!(problem(&found, "forbidden").contains("GatewayClass"));
}

#[tokio::test]
async fn what_the_agent_may_not_is_told_by_kind_with_the_verbs() {
    let found = survey(|server| server.denied.extend([("create", "httproutes"), ("delete", "httproutes")])).await;
    let message = problem(&found, "forbidden");
    assert!(message.contains("create, delete httproutes.gateway.networking.k8s.io"), "{message}");
    assert_eq!(found.problems.len(), 1);
}

#[tokio::test]
async fn an_api_server_that_is_away_is_told_and_nothing_else_is_claimed() {
    let found = survey(|server| server.down = true).await;
    assert_eq!((found.problems.len(), found.apis.len(), found.gateway_classes.len()), (1, 0, 0));
    problem(&found, "target_unreachable");
}

#[tokio::test]
async fn a_backend_api_that_is_off_is_found_out_from_the_status_of_backends() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    let message = "The Backend was not accepted since Backend is not enabled in Envoy Gateway Config";
    stand_in.with(|server| {
        server.controller = Controller::Refuses { kind: "Backend", condition: "Accepted", reason: "Invalid", message };
    });
    driver.apply(&order(&driver, &snapshot(), 1)).await.unwrap();
    let found = driver.survey().await;
    assert!(problem(&found, "backend_api_off").contains("enableBackend"));
}

#[test]
fn the_manifest_that_runs_the_agent_grants_what_it_asks_for_and_no_more() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/kubernetes/agent.yaml");
    let manifest = std::fs::read_to_string(path).unwrap();
    let granted: Vec<&str> = manifest.lines().filter_map(|line| line.trim().strip_prefix("resources: [")).collect();
    let granted: BTreeSet<&str> = granted.iter().flat_map(|list| list.trim_end_matches(']').split(", ")).collect();
    assert_eq!(granted, crate::server::KINDS.map(|(_, _, plural)| plural).into());
    let verbs: BTreeSet<&str> = manifest.lines().filter_map(|line| line.trim().strip_prefix("verbs: ")).collect();
    assert_eq!(verbs, ["[get, list, create, patch, delete]", "[get]"].into());
}

#[tokio::test]
async fn what_is_told_stays_within_the_bounds_of_the_contract() {
    let long = "x".repeat(5000);
    let found = survey(|server| {
        let class = server.objects.values_mut().next().unwrap();
        class.object["status"]["conditions"][0] = json!({ "type": "Accepted", "status": "False", "message": long });
    })
    .await;
    assert_eq!(problem(&found, "gateway_class_not_accepted").chars().count(), 1000);
}
