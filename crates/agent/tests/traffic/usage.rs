//! What is counted of real requests.

use std::{collections::BTreeMap, fs, os::unix::fs::MetadataExt, sync::Arc, time::Duration};

use jiff::Timestamp;
use switchtower_agent::{
    port::Driver,
    usage::{Meter, meter::ROTATE_AT},
};
use switchtower_domain::{
    api_service::{PathMatchType, RouteTimeouts},
    deployment::DeploymentId,
    policy::{PolicySpec, RateLimit, RateUnit},
    product_publish::{ApiKeyAuth, Auth},
    usage::{Durations, Requests},
};
use switchtower_protocol::usage::{UsageHour, UsageReceipt};

use crate::support::{Gateway, Product};

const RUN: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

fn meter(gateway: &Gateway, rotate_at: u64) -> Meter {
    Meter::open(gateway.driver().traffic().unwrap(), rotate_at, || RUN.to_owned()).unwrap()
}

/// What was counted of each deployment, once so many requests were; nginx writes lines down within a second.
async fn counted(meter: &mut Meter, requests: u64) -> BTreeMap<DeploymentId, Counted> {
    let mut seen = 0;
    for _ in 0..100 {
        let round = meter.round(Timestamp::now()).unwrap();
        assert_eq!((round.late, round.unreadable), (0, 0));
        seen += round.counted;
        if seen >= requests {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Whatever is too much has time to come.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    seen += meter.round(Timestamp::now()).unwrap().counted;
    assert_eq!(seen, requests, "requests in the log");
    let Some(report) = meter.report(100, Timestamp::now()) else { return BTreeMap::new() };
    let mut all: BTreeMap<DeploymentId, Counted> = BTreeMap::new();
    // A test may run across an hour's end.
    report.hours.iter().for_each(|hour| all.entry(hour.deployment_id).or_default().add(hour));
    meter.accepted(&report, &UsageReceipt { unknown: Vec::new() });
    all
}

#[derive(Debug, Default)]
struct Counted {
    requests: Requests,
    durations: Durations,
    bytes: u64,
    clients: BTreeMap<String, Requests>,
}

impl Counted {
    fn add(&mut self, hour: &UsageHour) {
        for slot in &hour.slots {
            self.requests = self.requests.plus(slot.requests);
            self.durations.add(&slot.durations);
            self.bytes += slot.bytes_sent;
        }
        for client in &hour.clients {
            let known = self.clients.entry(client.client_id.clone()).or_default();
            *known = known.plus(client.requests);
        }
    }
}

fn requests(requests: u64, client_errors: u64, server_errors: u64) -> Requests {
    Requests { requests, client_errors, server_errors }
}

#[tokio::test]
async fn every_request_is_counted_once_with_what_became_of_it() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let backend = product.to("any");
    product.prefix("/a", &backend);
    product.prefix("/slow", &backend).spec.timeouts =
        Some(RouteTimeouts { request_ms: Some(300), backend_request_ms: None });
    product.route(PathMatchType::Exact, "/limited", &[], &[&backend]);
    product.policy_of_last(PolicySpec::RateLimit(RateLimit { requests: 1, unit: RateUnit::Minute, burst: Some(1) }));
    let mut meter = meter(&gateway, ROTATE_AT);
    gateway.publish(&product.snapshot, 1).await;
    for (path, status) in [
        ("/a", 200),
        ("/a?x=1", 200),
        ("/a/status/404", 404),
        ("/a/status/503", 503),
        ("/slow/30", 200),
        ("/slow/5000", 504),
        ("/limited", 200),
        ("/limited", 429),
        ("/nowhere", 404),
    ] {
        assert_eq!(gateway.status(path).await, status, "{path}");
    }
    let all = counted(&mut meter, 9).await;
    let own = &all[&product.snapshot.deployment_id];
    assert_eq!((all.len(), own.requests), (1, requests(9, 3, 2)));
    assert_eq!(own.durations.0.iter().sum::<u64>(), 9);
    assert!(own.durations.0[6..].iter().sum::<u64>() >= 1, "one took 300 ms: {:?}", own.durations);
    assert!((1_000..100_000).contains(&own.bytes), "{own:?}");
    assert!(own.clients.is_empty(), "nobody is known");
}

#[tokio::test]
async fn clients_are_told_apart_and_strangers_have_no_name() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let backend = product.to("any");
    product.prefix("/", &backend);
    product.snapshot.publish.auth = Auth::ApiKey(ApiKeyAuth {
        headers: vec!["X-Api-Key".to_owned()],
        query_params: vec!["key".to_owned()],
        credentials_ref: "clients".to_owned(),
        hide_credentials: true,
        client_id_header: None,
    });
    let odd = r#"odd"\client"#;
    fs::write(gateway.secret("clients", "client-1"), "one").unwrap();
    fs::write(gateway.secret("clients", odd), "two").unwrap();
    let mut meter = meter(&gateway, ROTATE_AT);
    gateway.publish(&product.snapshot, 1).await;
    for (path, key) in
        [("/", "one"), ("/status/404", "one"), ("/status/500", "two"), ("/", "wrong\\t\tclient-1"), ("/", "")]
    {
        gateway.get(path).header("x-api-key", key).send().await.unwrap();
    }
    gateway.status("/?key=one").await;
    let own = counted(&mut meter, 6).await.remove(&product.snapshot.deployment_id).unwrap();
    assert_eq!(own.requests, requests(6, 3, 1));
    let clients = BTreeMap::from([("client-1".to_owned(), requests(3, 1, 0)), (odd.to_owned(), requests(1, 0, 1))]);
    assert_eq!(own.clients, clients);
}

#[tokio::test]
async fn requests_are_their_deployments_and_those_of_nobody_are_not_counted() {
    let gateway = Gateway::new();
    let product = |number, host: &str| {
        let mut product = Product::on(&gateway).deployment(number).hostnames(&[host]);
        let backend = product.to(host);
        product.prefix("/", &backend);
        product
    };
    let (shop, bank) = (product(1, "shop.test"), product(2, "bank.test"));
    let mut meter = meter(&gateway, ROTATE_AT);
    gateway.publish(&shop.snapshot, 1).await;
    gateway.publish(&bank.snapshot, 1).await;
    for (host, times) in [("shop.test", 2), ("bank.test", 3), ("nobody.test", 4)] {
        for _ in 0..times {
            gateway.get("/").header("host", host).send().await.unwrap();
        }
    }
    let all = counted(&mut meter, 5).await;
    let numbers = all.iter().map(|(id, own)| (*id, own.requests.requests)).collect::<Vec<_>>();
    assert_eq!(numbers, [(shop.snapshot.deployment_id, 2), (bank.snapshot.deployment_id, 3)]);
}

#[tokio::test]
async fn no_request_is_lost_or_counted_twice_while_logs_are_rotated_and_generations_published() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let backend = product.to("any");
    product.prefix("/", &backend);
    let mut own = meter(&gateway, 1);
    gateway.publish(&product.snapshot, 1).await;
    let log = gateway.home().join("logs/usage.log");
    let (mut sent, mut seen, mut files) = (0, 0, Vec::new());
    for round in 0..30_u64 {
        for _ in 0..10 {
            assert_eq!(gateway.status("/").await, 200);
            sent += 1;
        }
        if round % 7 == 3 {
            gateway.publish(&product.snapshot, round).await;
        }
        if round % 10 == 5 {
            // The agent starts again.
            drop(own);
            own = meter(&gateway, 1);
        }
        seen += own.round(Timestamp::now()).unwrap().counted;
        files.extend(fs::metadata(&log).ok().map(|found| found.ino()));
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    for _ in 0..100 {
        seen += own.round(Timestamp::now()).unwrap().counted;
        if seen >= sent {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(seen, sent);
    files.dedup();
    assert!(files.len() > 2, "it was never rotated and deleted: {files:?}");
}

#[tokio::test]
async fn who_counts_says_so() {
    let driver = Gateway::new().driver();
    assert_eq!(driver.survey().await.usage, driver.traffic().is_some());
    let log: Arc<_> = driver.traffic().unwrap();
    assert!(log.path().is_absolute());
}
