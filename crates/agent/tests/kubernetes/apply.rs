//! Putting objects in place: fields, conflicts, generations, faults.

use serde_json::json;
use switchtower_agent::port::{Driver, DriverError, Failure};
use switchtower_domain::{
    deployment::{Generation, ObjectOutcome},
    gateway::GatewayClass,
};

use crate::{
    agent::{of, order, outcomes, snapshot},
    server::{StandIn, config},
};

use ObjectOutcome::{Created, Failed, Unchanged, Updated};

#[tokio::test]
async fn what_is_new_is_created_and_what_is_as_desired_costs_no_write() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    let first = order(&driver, &snapshot(), 1);
    let placed = driver.apply(&first).await.unwrap();
    assert!(outcomes(&placed).iter().all(|outcome| *outcome == Created), "{placed:?}");
    let (writes, names) = stand_in.with(|server| (server.asked("writes"), server.names()));
    assert_eq!((writes as usize, names.len()), (first.objects.len(), first.objects.len()));
    assert_eq!(stand_in.with(|server| server.asked("rehearsals")), 0);

    // Controllers have written status meanwhile, so versions have moved.
    let again = driver.apply(&first).await.unwrap();
    assert!(outcomes(&again).iter().all(|outcome| *outcome == Unchanged), "{again:?}");
    let third = driver.apply(&first).await.unwrap();
    assert_eq!(outcomes(&third), outcomes(&again));
    let asked = stand_in.with(|server| (server.asked("writes"), server.asked("rehearsals")));
    assert_eq!(asked, (writes, 0), "what is in place is looked at by lists alone");

    // An agent that has just started has not seen them, and rehearses once.
    let fresh = stand_in.driver(false).await;
    assert_eq!(outcomes(&fresh.apply(&first).await.unwrap()), outcomes(&again));
    assert_eq!(stand_in.with(|server| (server.asked("writes"), server.asked("rehearsals"))), (writes, writes));
}

#[tokio::test]
async fn a_new_generation_updates_what_is_different_and_moves_every_object_on() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    driver.apply(&order(&driver, &snapshot(), 1)).await.unwrap();
    let mut changed = snapshot();
    changed.publish.hostnames = vec!["new.example.com".into()];
    let placed = driver.apply(&order(&driver, &changed, 2)).await.unwrap();
    for result in &placed.results {
        let wanted = if result.key.kind == "HTTPRoute" { Updated } else { Unchanged };
        assert_eq!(result.outcome, wanted, "{}", result.key);
        let live = stand_in.with(|server| server.object(&format!("{}/{}", result.key.kind, result.key.name)));
        assert_eq!(live["metadata"]["annotations"]["switchtower.dev/generation"], "2");
    }
}

#[tokio::test]
async fn fields_that_others_own_are_a_conflict_with_field_and_owner_and_force_takes_them() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    driver.apply(&order(&driver, &snapshot(), 1)).await.unwrap();
    stand_in.with(|server| server.edit("Gateway/", |gateway| gateway["spec"]["listeners"][0]["port"] = 8080.into()));
    let second = order(&driver, &snapshot(), 2);
    let stranger = stand_in.driver(false).await;
    let placed = stranger.apply(&second).await.unwrap();
    let gateway = of(&placed, "Gateway");
    assert_eq!(gateway.outcome, Failed);
    assert_eq!(gateway.field.as_deref(), Some(".spec.listeners[name=\"http\"].port"));
    let message = gateway.message.as_deref().unwrap();
    assert!(message.contains("`kubectl-edit` owns") && message.contains("--force-conflicts"), "{message}");
    assert_eq!(stand_in.with(|server| server.object("Gateway/")["spec"]["listeners"][0]["port"].clone()), 8080);
    let others = placed.results.iter().filter(|result| result.key.kind != "Gateway");
    assert!(
        others.clone().count() > 3 && others.clone().all(|result| result.outcome != Failed),
        "siblings were blocked"
    );

    let forced = stand_in.driver(true).await.apply(&second).await.unwrap();
    assert_eq!(of(&forced, "Gateway").outcome, Updated);
    assert_eq!(stand_in.with(|server| server.object("Gateway/")["spec"]["listeners"][0]["port"].clone()), 80);
}

#[tokio::test]
async fn a_field_that_was_never_the_agents_is_not_taken_by_one_that_remembers_what_was() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    let mut without = snapshot();
    without.publish.hostnames.clear();
    driver.apply(&order(&driver, &without, 1)).await.unwrap();
    stand_in
        .with(|server| server.edit("HTTPRoute/", |route| route["spec"]["hostnames"] = json!(["theirs.example.com"])));
    let placed = driver.apply(&order(&driver, &snapshot(), 2)).await.unwrap();
    let route = of(&placed, "HTTPRoute");
    assert_eq!((route.outcome, route.field.as_deref()), (Failed, Some(".spec.hostnames")));
}

#[tokio::test]
async fn what_others_add_stays_theirs() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    driver.apply(&order(&driver, &snapshot(), 1)).await.unwrap();
    stand_in
        .with(|server| server.edit("Gateway/", |gateway| gateway["metadata"]["annotations"]["team"] = "blue".into()));
    let placed = driver.apply(&order(&driver, &snapshot(), 2)).await.unwrap();
    assert_eq!(of(&placed, "Gateway").outcome, Unchanged);
    assert_eq!(stand_in.with(|server| server.object("Gateway/")["metadata"]["annotations"]["team"].clone()), "blue");
}

#[tokio::test]
async fn one_bad_object_blocks_no_sibling_and_names_its_field() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    let first = order(&driver, &snapshot(), 1);
    let bad = first.objects.iter().find(|object| object.key.kind == "Backend").unwrap().key.name.clone();
    stand_in.with(|server| server.invalid.insert(bad.clone()));
    let placed = driver.apply(&first).await.unwrap();
    let failed: Vec<_> = placed.results.iter().filter(|result| result.outcome == Failed).collect();
    // Its BackendTLSPolicy has the same name.
    assert!(failed.iter().all(|result| result.key.name == bad) && !failed.is_empty());
    assert_eq!(failed[0].field.as_deref(), Some("spec.endpoints[0]"));
    assert_eq!(stand_in.with(|server| server.names().len()), first.objects.len() - failed.len());
}

#[tokio::test]
async fn an_older_generation_is_refused_even_by_an_agent_that_knows_nothing() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    driver.apply(&order(&driver, &snapshot(), 7)).await.unwrap();
    let before = stand_in.with(|server| server.objects.clone());
    let other = stand_in.driver(true).await;
    let refused = other.apply(&order(&other, &snapshot(), 6)).await;
    assert_eq!(refused, Err(DriverError::Superseded(Generation(7))));
    assert_eq!(stand_in.with(|server| server.objects.clone()), before);
}

#[tokio::test]
async fn an_agent_that_is_overtaken_in_the_middle_writes_nothing_more() {
    let stand_in = StandIn::start().await;
    let (slow, fast) = (stand_in.driver(false).await, stand_in.driver(false).await);
    slow.apply(&order(&slow, &snapshot(), 1)).await.unwrap();
    let newest = order(&fast, &snapshot(), 3);
    // The faster agent is at the Gateway just before the slower one's write of it arrives.
    stand_in.with(|server| {
        let third = newest.objects[0].manifest.clone();
        server.faster.push(Box::new(move |server| {
            let (key, mut stored) = server.find("Gateway/");
            let mut wanted = third;
            wanted["metadata"]["annotations"]["switchtower.dev/generation"] = "3".into();
            stored.apply("switchtower", &wanted, false, 9).ok().unwrap();
            server.put(key, stored);
        }));
    });
    let refused = slow.apply(&order(&slow, &snapshot(), 2)).await;
    assert_eq!(refused, Err(DriverError::Superseded(Generation(3))));
    let noted = |name: &str| {
        stand_in.with(|server| server.object(name)["metadata"]["annotations"]["switchtower.dev/generation"].clone())
    };
    assert_eq!((noted("Gateway/"), noted("HTTPRoute/")), (json!("3"), json!("1")));
}

#[tokio::test]
async fn a_generation_that_somebody_else_wrote_blocks_nothing() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    driver.apply(&order(&driver, &snapshot(), 1)).await.unwrap();
    stand_in.with(|server| {
        server
            .edit("HTTPRoute/", |route| route["metadata"]["annotations"]["switchtower.dev/generation"] = "999".into());
    });
    let placed = driver.apply(&order(&driver, &snapshot(), 1)).await;
    assert!(placed.is_ok(), "{placed:?}");
}

#[tokio::test]
async fn an_object_that_is_somebody_elses_is_left_alone() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(true).await;
    let first = order(&driver, &snapshot(), 1);
    let name = &first.objects[0].key.name;
    let metadata = json!({ "name": name, "namespace": "switchtower" });
    let foreign = json!({ "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata, "spec": { "mine": true } });
    stand_in.with(|server| server.add("gateways", foreign));
    let placed = driver.apply(&first).await.unwrap();
    let gateway = of(&placed, "Gateway");
    assert_eq!(gateway.outcome, Failed);
    assert!(gateway.message.as_deref().unwrap().contains("not Switchtower's"), "{gateway:?}");
    assert_eq!(stand_in.with(|server| server.object("Gateway/")["spec"].clone()), json!({ "mine": true }));
}

#[tokio::test]
async fn kinds_that_are_not_served_fail_with_what_to_install_until_they_are() {
    let stand_in = StandIn::start().await;
    stand_in.with(|server| _ = server.unserved.insert("BackendTLSPolicy"));
    let driver = stand_in.driver(false).await;
    let first = order(&driver, &snapshot(), 1);
    let placed = driver.apply(&first).await.unwrap();
    let policy = of(&placed, "BackendTLSPolicy");
    let message = policy.message.as_deref().unwrap();
    assert!(policy.outcome == Failed && message.contains("install the CRDs of Gateway API"), "{message}");
    assert_eq!(of(&placed, "HTTPRoute").outcome, Created);
    stand_in.with(|server| server.unserved.clear());
    assert_eq!(of(&driver.apply(&first).await.unwrap(), "BackendTLSPolicy").outcome, Created);
}

#[tokio::test]
async fn what_the_agent_may_not_and_a_missing_namespace_are_told_in_words() {
    let stand_in = StandIn::start().await;
    stand_in.with(|server| _ = server.denied.insert(("patch", "backends")));
    let driver = stand_in.driver(false).await;
    let first = order(&driver, &snapshot(), 1);
    let placed = driver.apply(&first).await.unwrap();
    let message = of(&placed, "Backend").message.clone().unwrap();
    assert!(message.contains("may not") && message.contains("infra/kubernetes/agent.yaml"), "{message}");
    stand_in.with(|server| server.no_namespace = true);
    let placed = stand_in.driver(false).await.apply(&order(&driver, &snapshot(), 2)).await.unwrap();
    let gateway = of(&placed, "Gateway");
    assert!(gateway.message.as_deref().unwrap().contains("no namespace `switchtower`"), "{gateway:?}");
}

#[tokio::test]
async fn an_api_server_that_is_away_is_no_failure_of_objects() {
    let stand_in = StandIn::start().await;
    let driver = stand_in.driver(false).await;
    let first = order(&driver, &snapshot(), 1);
    stand_in.with(|server| server.down = true);
    assert!(matches!(driver.apply(&first).await, Err(DriverError::Unreachable(_))));
    assert!(matches!(driver.owned().await, Err(DriverError::Unreachable(_))));

    // Nobody listens there any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    std::fs::write(&stand_in.kubeconfig, config(&url)).unwrap();
    let gone = stand_in.driver(false).await.apply(&first).await.unwrap_err();
    assert!(gone.to_string().contains("cannot be reached"), "{gone}");
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_rendered_fails_before_anything_is_asked() {
    let stand_in = StandIn::start().await;
    let mut broken = snapshot();
    broken.gateway.listeners.clear();
    let failures: Vec<Failure> = stand_in.driver(false).await.plan(&broken).unwrap_err();
    assert_eq!((failures[0].kind.as_str(), stand_in.with(|server| server.requests.len())), ("GatewayTemplate", 0));
}

#[tokio::test]
async fn a_gateway_of_another_class_is_refused_at_its_field() {
    let mut nginx = snapshot();
    nginx.gateway.class = GatewayClass::Nginx;
    let failures = StandIn::start().await.driver(false).await.plan(&nginx).unwrap_err();
    assert_eq!((failures.len(), failures[0].field.as_deref()), (1, Some("/class")));
    assert!(failures[0].message.contains("serves gateways of class `envoy`"), "{}", failures[0].message);
}
