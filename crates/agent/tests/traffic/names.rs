//! Endpoints by name: one that is not found is the affair of its own deployment.

use std::fs;

use switchtower_agent::port::{Driver, Order, Placed};
use switchtower_domain::{
    api_service::Endpoint,
    deployment::{ConditionStatus, Generation, ObjectOutcome},
};

use crate::support::{Gateway, Names, Product, Upstream};

/// A product of one host, whose backend has a name.
fn named(gateway: &Gateway, (host, number): (&str, u128), name: &str, port: u16) -> Product {
    let mut product = Product::on(gateway).deployment(number).hostnames(&[host]);
    let backend =
        product.backend_at(&[], |backend| backend.spec.endpoints = vec![Endpoint::new(name.to_owned(), port)]);
    product.prefix("/", &backend);
    product
}

/// A product of another tenant, which every publish of it changes.
async fn publish_neighbour(gateway: &Gateway, upstream: &Upstream, generation: u64) {
    let mut product = Product::on(gateway).deployment(9).hostnames(&["neighbour.example.com"]);
    let backend = product.backend(&[upstream]);
    product.prefix(&format!("/{generation}"), &backend);
    gateway.publish(&product.snapshot, generation).await;
    let url = format!("/{generation}");
    assert_eq!(status(gateway, "neighbour.example.com", &url).await, 200);
}

async fn status(gateway: &Gateway, host: &str, path: &str) -> u16 {
    gateway.get(path).header("host", host).send().await.unwrap().status().as_u16()
}

async fn by(gateway: &Gateway, host: &str) -> String {
    gateway.echo(gateway.get("/").header("host", host)).await.by
}

/// The agent looks at what it has put in place.
async fn look(gateway: &Gateway, order: &Order) -> Placed {
    let order = Order { established: true, ..order.clone() };
    gateway.driver().apply(&order).await.unwrap()
}

/// What is said of names.
fn finding(placed: &Placed) -> Option<&str> {
    let finding = placed.findings.iter().find(|finding| finding.kind == "NamesFound")?;
    assert_eq!((finding.status, finding.reason.as_str()), (ConditionStatus::False, "HostNotFound"));
    Some(&finding.message)
}

const SHOP: (&str, u128) = ("shop.example.com", 8);

#[tokio::test]
async fn a_name_that_does_not_exist_is_refused_with_its_line_and_holds_up_nobody() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("neighbour");
    let order = gateway.order(&named(&gateway, SHOP, "gone.invalid", 80).snapshot, 1);
    let text = order.objects.iter().find(|object| object.key.name == "upstreams.conf").unwrap();
    let line = text.manifest.as_str().unwrap().lines().position(|line| line.contains("gone.invalid")).unwrap() + 1;
    for generation in 1..=2 {
        let results = gateway.apply(&order).await.unwrap();
        let first = &results[0];
        assert_eq!((first.key.name.as_str(), first.outcome), ("upstreams.conf", ObjectOutcome::Failed));
        assert_eq!(first.field, Some(format!("line {line}")));
        assert!(first.message.as_ref().unwrap().contains("`gone.invalid`, is not found from here"), "{first:?}");
        publish_neighbour(&gateway, &upstream, generation).await;
    }
}

#[tokio::test]
async fn names_of_the_host_are_found() {
    let gateway = Gateway::new();
    let upstream = Upstream::start("shop");
    gateway.publish(&named(&gateway, SHOP, "localhost", upstream.port).snapshot, 1).await;
    assert_eq!(by(&gateway, SHOP.0).await, "shop");
}

#[tokio::test]
async fn a_name_that_is_lost_keeps_its_last_addresses_and_its_own_deployment_tells() {
    let (names, mut gateway) = (Names::default(), Gateway::new());
    gateway.resolver = names.resolver();
    let (shop, neighbour) = (Upstream::start("shop"), Upstream::start("neighbour"));
    names.is_at("shop.test", &["127.0.0.1"]);
    let first = gateway.order(&named(&gateway, SHOP, "shop.test", shop.port).snapshot, 1);
    gateway.driver().apply(&first).await.unwrap();
    names.is_gone("shop.test");
    for generation in 1..=3 {
        publish_neighbour(&gateway, &neighbour, generation).await;
        assert_eq!(by(&gateway, SHOP.0).await, "shop");
    }
    let placed = look(&gateway, &first).await;
    assert!(placed.results.iter().all(|result| result.outcome == ObjectOutcome::Unchanged), "{placed:?}");
    assert!(finding(&placed).unwrap().contains("`shop.test` (the test has no such name)"), "{placed:?}");

    // What is published anew must be found; what was there goes on.
    let mut changed = named(&gateway, SHOP, "shop.test", shop.port);
    changed.snapshot.api_services[0].routes[0].spec.path.value = "/new".to_owned();
    let refused = gateway.apply(&gateway.order(&changed.snapshot, 2)).await.unwrap();
    assert!(refused.iter().all(|result| result.outcome == ObjectOutcome::Failed), "{refused:?}");
    assert_eq!(gateway.driver().owned().await.unwrap()[0].generation, Generation(1));
    assert_eq!(by(&gateway, SHOP.0).await, "shop");

    names.is_at("shop.test", &["127.0.0.1"]);
    assert_eq!(finding(&look(&gateway, &first).await), None);
}

#[tokio::test]
async fn a_name_of_another_deployment_that_was_never_found_is_answered_502_and_all_else_is_served() {
    let (names, mut gateway) = (Names::default(), Gateway::new());
    gateway.resolver = names.resolver();
    let (shop, neighbour) = (Upstream::start("shop"), Upstream::start("neighbour"));
    names.is_at("shop.test", &["127.0.0.1"]);
    let first = gateway.order(&named(&gateway, SHOP, "shop.test", shop.port).snapshot, 1);
    gateway.driver().apply(&first).await.unwrap();
    // As a tree is that an older agent has left.
    fs::remove_file(gateway.home().join("current/addresses.json")).unwrap();
    names.is_gone("shop.test");
    publish_neighbour(&gateway, &neighbour, 1).await;
    assert_eq!(status(&gateway, SHOP.0, "/").await, 502);
    let results = look(&gateway, &first).await.results;
    assert!(results[0].message.as_ref().unwrap().contains("`shop.test`, is not found"), "{results:?}");
    names.is_at("shop.test", &["127.0.0.1"]);
    look(&gateway, &first).await;
    assert_eq!(by(&gateway, SHOP.0).await, "shop");
}

#[tokio::test]
async fn a_name_that_moves_is_followed_and_one_that_turns_its_addresses_around_changes_nothing() {
    let (names, mut gateway) = (Names::default(), Gateway::new());
    gateway.resolver = names.resolver();
    let old = Upstream::start("old");
    let _new = Upstream::start_at("new", &format!("127.0.0.2:{}", old.port));
    names.is_at("shop.test", &["127.0.0.1"]);
    let order = gateway.order(&named(&gateway, SHOP, "shop.test", old.port).snapshot, 1);
    gateway.driver().apply(&order).await.unwrap();
    assert_eq!(by(&gateway, SHOP.0).await, "old");
    names.is_at("shop.test", &["127.0.0.2"]);
    let placed = look(&gateway, &order).await;
    assert!(placed.results.iter().all(|result| result.outcome == ObjectOutcome::Unchanged), "it is no change by hand");
    assert_eq!(by(&gateway, SHOP.0).await, "new");

    let tree = || fs::read_link(gateway.home().join("current")).unwrap();
    names.is_at("shop.test", &["127.0.0.1", "127.0.0.2"]);
    look(&gateway, &order).await;
    let before = tree();
    names.is_at("shop.test", &["127.0.0.2", "127.0.0.1"]);
    look(&gateway, &order).await;
    assert_eq!(tree(), before, "nothing is reloaded");
    let answers = [by(&gateway, SHOP.0).await, by(&gateway, SHOP.0).await];
    assert!(answers.contains(&"old".to_owned()) || answers.contains(&"new".to_owned()), "{answers:?}");
}
