//! Publishing again and again: what goes wrong changes nothing, and what goes right loses nothing.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::Client;
use rustix::process::{Signal, kill_process};
use switchtower_agent::port::{Driver, DriverError};
use switchtower_domain::{
    deployment::{Generation, ObjectOutcome},
    policy::{HeaderChanges, HeaderModifier, HeaderValue, PolicySpec},
    product_publish::DriftPolicy,
};

use crate::support::{Gateway, Product, Upstream};

/// A product whose answers say which one they are of.
fn labelled(gateway: &Gateway, upstream: &Upstream, label: &str) -> Product {
    let mut product = Product::on(gateway);
    let backend = product.backend(&[upstream]);
    product.prefix("/", &backend);
    let value = label.to_owned();
    let set = vec![HeaderValue { name: "X-Label".to_owned(), value }];
    let response = HeaderChanges { set, ..HeaderChanges::default() };
    product.policy(PolicySpec::HeaderModifier(HeaderModifier { request: HeaderChanges::default(), response }));
    product
}

async fn label(gateway: &Gateway) -> String {
    let answer = gateway.get("/").send().await.unwrap();
    answer.headers()["x-label"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_configuration_that_nginx_refuses_leaves_the_old_one_serving_and_is_named() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    gateway.publish(&labelled(&gateway, &upstream, "one").snapshot, 1).await;
    let mut order = gateway.order(&labelled(&gateway, &upstream, "two").snapshot, 2);
    let mut objects = order.objects.to_vec();
    let broken = objects.iter_mut().find(|object| object.key.name == "servers.conf").unwrap();
    let text = broken.manifest.as_str().unwrap().replace("proxy_pass", "no_such_directive");
    let line = text.lines().position(|line| line.contains("no_such_directive")).unwrap() + 1;
    broken.manifest = text.into();
    order.objects = objects.into();
    let results = gateway.apply(&order).await.unwrap();
    let first = &results[0];
    assert_eq!((first.key.name.as_str(), first.outcome), ("servers.conf", ObjectOutcome::Failed));
    assert_eq!(first.field, Some(format!("line {line}")));
    assert!(first.message.as_ref().unwrap().contains("unknown directive \"no_such_directive\""), "{first:?}");
    assert!(results.iter().all(|result| result.outcome == ObjectOutcome::Failed), "nothing of it is in place");
    assert_eq!(label(&gateway).await, "one");
    let owned = gateway.driver().owned().await.unwrap();
    assert_eq!(owned[0].generation, Generation(1), "what serves is what is noted");
    gateway.publish(&labelled(&gateway, &upstream, "three").snapshot, 3).await;
    assert_eq!(label(&gateway).await, "three");
}

#[tokio::test]
async fn a_deployment_that_nginx_refuses_holds_up_no_other() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    let host = |name: &'static str| gateway.get("/").header("host", name).send();
    let label = |answer: reqwest::Response| answer.headers()["x-label"].to_str().unwrap().to_owned();
    let bad = labelled(&gateway, &upstream, "bad").deployment(8).hostnames(&["bad.example.com"]);
    gateway.publish(&bad.snapshot, 1).await;
    let mut order = gateway.order(&bad.snapshot, 2);
    let mut objects = order.objects.to_vec();
    let broken = objects.iter_mut().find(|object| object.key.name == "servers.conf").unwrap();
    broken.manifest = broken.manifest.as_str().unwrap().replace("proxy_pass", "no_such_directive").into();
    order.objects = objects.into();
    for generation in 1..=3_u64 {
        let refused = gateway.apply(&order).await.unwrap();
        assert!(refused.iter().all(|result| result.outcome == ObjectOutcome::Failed), "{refused:?}");
        let text = generation.to_string();
        let good = labelled(&gateway, &upstream, &text).deployment(9).hostnames(&["good.example.com"]);
        gateway.publish(&good.snapshot, generation).await;
        assert_eq!(label(host("good.example.com").await.unwrap()), text);
        assert_eq!(label(host("bad.example.com").await.unwrap()), "bad", "what it had before goes on serving");
    }
}

#[tokio::test]
async fn a_port_that_another_program_has_leaves_the_old_one_serving() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    gateway.publish(&labelled(&gateway, &upstream, "one").snapshot, 1).await;
    let taken = std::net::TcpListener::bind(("0.0.0.0", 0)).unwrap();
    let mut product = labelled(&gateway, &upstream, "two");
    product.snapshot.gateway.listeners[0].port = taken.local_addr().unwrap().port();
    let error = gateway.apply(&gateway.order(&product.snapshot, 2)).await.unwrap_err();
    assert!(error.to_string().contains("Address already in use"), "{error}");
    assert_eq!(label(&gateway).await, "one");
    gateway.publish(&labelled(&gateway, &upstream, "three").snapshot, 3).await;
    assert_eq!(label(&gateway).await, "three");
}

/// Sends requests until it is told to stop; counts what failed.
async fn load(client: Client, url: String, stop: Arc<AtomicBool>, sent: Arc<AtomicUsize>, fresh: bool) -> Vec<String> {
    let mut failures = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let mut ended = Err("not sent".to_owned());
        // A connection that lay idle may be closed in the moment in which it is used: RFC 9112 (9.3.1) has clients try
        // again, once, what is idempotent and got no answer.
        for _ in 0..if fresh { 1 } else { 2 } {
            ended = match client.get(&url).send().await {
                Ok(answer) if answer.status() == 200 => {
                    answer.bytes().await.map(drop).map_err(|error| format!("{error:?}"))
                }
                Ok(answer) => Err(format!("status {}", answer.status())),
                Err(error) => Err(format!("{error:?}")),
            };
            if ended.is_ok()
                || !ended.as_ref().is_err_and(|error| error.contains("IncompleteMessage") || error.contains("reset"))
            {
                break;
            }
        }
        sent.fetch_add(1, Ordering::SeqCst);
        failures.extend(ended.err());
    }
    failures
}

#[tokio::test]
async fn no_request_fails_while_fifty_publishes_pass_by() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    gateway.publish(&labelled(&gateway, &upstream, "0").snapshot, 1).await;
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients = (0..6).map(|number| {
        let fresh = number % 2 == 0;
        let idle = if fresh { 0 } else { 4 };
        let client = Client::builder().no_proxy().pool_max_idle_per_host(idle).build().unwrap();
        tokio::spawn(load(client, gateway.url("/"), stop.clone(), sent.clone(), fresh))
    });
    let clients: Vec<_> = clients.collect();
    for number in 1..=50_u64 {
        let text = number.to_string();
        let order = gateway.order(&labelled(&gateway, &upstream, &text).snapshot, number + 1);
        let is_new = |answer: &reqwest::Response| answer.headers()["x-label"] == *text;
        gateway.publish_to_traffic(&order, gateway.get("/"), is_new).await;
    }
    stop.store(true, Ordering::SeqCst);
    let failures: Vec<String> = futures::future::join_all(clients).await.into_iter().flat_map(Result::unwrap).collect();
    let sent = sent.load(Ordering::SeqCst);
    assert!(failures.is_empty(), "{} of {sent} requests failed, first: {}", failures.len(), failures[0]);
    assert!(sent > 500, "only {sent} requests were sent, which shows little");
}

#[tokio::test]
async fn an_older_snapshot_comes_back_as_a_newer_generation() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    let (one, two) = (labelled(&gateway, &upstream, "one"), labelled(&gateway, &upstream, "two"));
    gateway.publish(&one.snapshot, 1).await;
    gateway.publish(&two.snapshot, 2).await;
    gateway.publish(&one.snapshot, 3).await;
    assert_eq!(label(&gateway).await, "one");
    let late = gateway.apply(&gateway.order(&two.snapshot, 2)).await;
    assert_eq!(late, Err(DriverError::Superseded(Generation(3))), "an older generation never replaces a newer one");
    assert_eq!(label(&gateway).await, "one");
}

#[tokio::test]
async fn the_same_again_changes_nothing() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    let product = labelled(&gateway, &upstream, "one");
    let first = gateway.publish(&product.snapshot, 1).await;
    assert!(first.iter().all(|result| result.outcome == ObjectOutcome::Created));
    let tree = fs::read_link(gateway.home().join("current")).unwrap();
    let again = gateway.publish(&product.snapshot, 2).await;
    assert!(again.iter().all(|result| result.outcome == ObjectOutcome::Unchanged), "{again:?}");
    assert_eq!(fs::read_link(gateway.home().join("current")).unwrap(), tree, "nothing is reloaded");
    assert_eq!(gateway.driver().owned().await.unwrap()[0].generation, Generation(2));
}

#[tokio::test]
async fn what_is_withdrawn_answers_no_more_and_leaves_its_neighbour_alone() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    let one = labelled(&gateway, &upstream, "one").hostnames(&["one.example.com"]);
    let two = labelled(&gateway, &upstream, "two").deployment(9).hostnames(&["two.example.com"]);
    gateway.publish(&one.snapshot, 1).await;
    gateway.publish(&two.snapshot, 1).await;
    let status = |host: &'static str| gateway.get("/").header("host", host).send();
    assert_eq!(status("one.example.com").await.unwrap().status(), 200);
    assert_eq!(status("two.example.com").await.unwrap().headers()["x-label"], "two");
    assert_eq!(status("three.example.com").await.unwrap().status(), 404);
    let gone = gateway.withdraw(one.snapshot.deployment_id, 2).await;
    assert!(!gone.is_empty() && gone.iter().all(|result| result.outcome == ObjectOutcome::Deleted), "{gone:?}");
    assert_eq!(status("one.example.com").await.unwrap().status(), 404);
    assert_eq!(status("two.example.com").await.unwrap().status(), 200);
    gateway.withdraw(two.snapshot.deployment_id, 2).await;
    let closed = Client::builder().no_proxy().build().unwrap().get(gateway.url("/")).send().await;
    assert!(closed.is_err(), "nobody listens any more");
    assert_eq!(gateway.driver().owned().await.unwrap(), []);
}

#[tokio::test]
async fn two_deployments_cannot_answer_the_same_host() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    let host = ["api.example.com"];
    gateway.publish(&labelled(&gateway, &upstream, "one").hostnames(&host).snapshot, 1).await;
    let other = labelled(&gateway, &upstream, "two").deployment(9).hostnames(&host);
    let results = gateway.apply(&gateway.order(&other.snapshot, 1)).await.unwrap();
    let first = &results[0];
    assert_eq!((first.key.name.as_str(), first.field.as_deref()), ("claims.json", Some("hostnames")));
    let message = first.message.as_ref().unwrap();
    assert!(message.contains("`api.example.com`") && message.contains(&gateway.port.to_string()), "{message}");
    let answer = gateway.get("/").header("host", host[0]).send().await.unwrap();
    assert_eq!(answer.headers()["x-label"], "one");
}

#[tokio::test]
async fn a_killed_nginx_is_started_with_what_was_in_force() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    let product = labelled(&gateway, &upstream, "one");
    gateway.publish(&product.snapshot, 1).await;
    kill_process(gateway.master().unwrap(), Signal::TERM).unwrap();
    while gateway.get("/").send().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    gateway.publish(&product.snapshot, 1).await;
    assert_eq!(label(&gateway).await, "one");
}

#[tokio::test]
async fn a_swap_that_a_crash_cut_off_is_finished_by_the_next_apply() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    let (one, two) = (labelled(&gateway, &upstream, "one"), labelled(&gateway, &upstream, "two"));
    gateway.publish(&one.snapshot, 1).await;
    gateway.publish(&two.snapshot, 2).await;
    // The agent dies between swap and reload: `current` names what nginx does not run.
    let trees = fs::read_dir(gateway.home().join("trees")).unwrap().map(|entry| entry.unwrap().file_name());
    let current = fs::read_link(gateway.home().join("current")).unwrap();
    let before = trees.into_iter().find(|name| Some(name.as_os_str()) != current.file_name()).unwrap();
    fs::remove_file(gateway.home().join("current")).unwrap();
    std::os::unix::fs::symlink(std::path::Path::new("trees").join(before), gateway.home().join("current")).unwrap();
    assert_eq!(label(&gateway).await, "two");
    gateway.publish(&one.snapshot, 3).await;
    assert_eq!(label(&gateway).await, "one");
}

#[tokio::test]
async fn changes_by_hand_are_undone_or_told() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("any");
    let product = labelled(&gateway, &upstream, "one");
    gateway.publish(&product.snapshot, 1).await;
    let file =
        gateway.home().join("current/deployments").join(product.snapshot.deployment_id.suffix()).join("servers.conf");
    let change = || {
        let text = fs::read_to_string(&file).unwrap().replace("\"one\"", "\"hand\"");
        fs::write(&file, text).unwrap();
    };
    change();
    let mut order = gateway.order(&product.snapshot, 1);
    (order.established, order.drift) = (true, DriftPolicy::Alert);
    let outcome = |results: &[switchtower_agent::port::ObjectResult]| {
        results.iter().find(|result| result.key.name == "servers.conf").unwrap().outcome
    };
    assert_eq!(outcome(&gateway.apply(&order).await.unwrap()), ObjectOutcome::Drifted);
    assert!(fs::read_to_string(&file).unwrap().contains("\"hand\""), "it is left alone");
    order.drift = DriftPolicy::Correct;
    assert_eq!(outcome(&gateway.apply(&order).await.unwrap()), ObjectOutcome::Updated);
    assert!(!fs::read_to_string(&file).unwrap().contains("\"hand\""), "it is put right");
    assert_eq!(outcome(&gateway.apply(&order).await.unwrap()), ObjectOutcome::Unchanged);
}
