//! Which backend and which endpoint get a request, how often it is tried, and how long it may take.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use switchtower_domain::{
    api_service::{PathMatchType, RouteTimeouts},
    traffic::{CircuitBreaker, HashOn, HashOnType, LoadBalancing, LoadBalancingPolicy, Retry, RetryOn},
};

use crate::support::{Gateway, Product, Upstream, free_port};

/// How many of so many requests each backend answers.
async fn shares(gateway: &Gateway, requests: usize) -> BTreeMap<String, usize> {
    let mut shares = BTreeMap::new();
    for number in 0..requests {
        let echo = gateway.echo(gateway.get("/").header("x-user", number.to_string())).await;
        *shares.entry(echo.by).or_default() += 1;
    }
    shares
}

#[tokio::test]
async fn backends_get_their_shares() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let (many, few, none) = (product.to("many"), product.to("few"), product.to("none"));
    let route = product.route(PathMatchType::Prefix, "/", &[], &[&many, &few, &none]);
    for (reference, weight) in route.spec.backend_refs.iter_mut().zip([80, 20, 0]) {
        reference.weight = weight;
    }
    gateway.publish(&product.snapshot, 1).await;
    let shares = shares(&gateway, 1000).await;
    // 20 % of 1000, give or take seven standard deviations: once in hundreds of billions of runs it is not.
    assert!((112..=288).contains(&shares["few"]), "{shares:?}");
    assert_eq!(shares.get("none"), None, "{shares:?}");
}

#[tokio::test]
async fn endpoints_get_requests_by_their_weights() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let (one, three) = (Upstream::start("one"), Upstream::start("three"));
    let backend = product.backend_at(&[one.port, three.port], |backend| {
        backend.spec.endpoints[1].weight = Some(3);
    });
    product.prefix("/", &backend);
    gateway.publish(&product.snapshot, 1).await;
    assert_eq!(shares(&gateway, 80).await, BTreeMap::from([("one".to_owned(), 20), ("three".to_owned(), 60)]));
}

#[tokio::test]
async fn a_consistent_hash_leads_to_the_same_endpoint() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let upstreams = ["a", "b", "c"].map(Upstream::start);
    let ports = upstreams.each_ref().map(|upstream| upstream.port);
    let backend = product.backend_at(&ports, |backend| {
        let hash_on = Some(HashOn { kind: HashOnType::Header, name: Some("X-User".to_owned()) });
        backend.spec.load_balancing = Some(LoadBalancing { policy: LoadBalancingPolicy::ConsistentHash, hash_on });
    });
    product.prefix("/", &backend);
    gateway.publish(&product.snapshot, 1).await;
    let mut seen = BTreeMap::new();
    for round in 0..3 {
        for user in 0..20 {
            let echo = gateway.echo(gateway.get("/").header("x-user", user.to_string())).await;
            let before = seen.entry(user).or_insert_with(|| echo.by.clone());
            assert_eq!(*before, echo.by, "user {user} in round {round}");
        }
    }
    assert!(upstreams.iter().all(|upstream| upstream.hits() > 0));
}

#[tokio::test]
async fn a_slow_backend_is_given_up_in_time() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let slow = product.to("slow");
    product.prefix("/", &slow).spec.timeouts = Some(RouteTimeouts { request_ms: Some(300), backend_request_ms: None });
    gateway.publish(&product.snapshot, 1).await;
    assert_eq!(gateway.status("/slow/10").await, 200);
    let start = Instant::now();
    assert_eq!(gateway.status("/slow/5000").await, 504);
    assert!(start.elapsed() < Duration::from_secs(3), "it was given up after {:?}", start.elapsed());
}

/// A backend of two endpoints, chosen so.
async fn two(gateway: &Gateway, policy: LoadBalancingPolicy) -> [Upstream; 2] {
    let mut product = Product::on(gateway);
    let upstreams = ["one", "two"].map(Upstream::start);
    let backend = product.backend_at(&upstreams.each_ref().map(|upstream| upstream.port), |backend| {
        backend.spec.load_balancing = Some(LoadBalancing { policy, hash_on: None });
    });
    product.prefix("/", &backend);
    gateway.publish(&product.snapshot, 1).await;
    upstreams
}

#[tokio::test]
async fn who_is_busy_gets_no_more_requests() {
    let gateway = Gateway::new();
    let upstreams = two(&gateway, LoadBalancingPolicy::LeastRequest).await;
    let slow = tokio::spawn(gateway.get("/slow/3000").send());
    while upstreams.iter().all(|upstream| upstream.hits() == 0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let idle = usize::from(upstreams[0].hits() > 0);
    for _ in 0..10 {
        assert_eq!(gateway.status("/").await, 200);
    }
    assert_eq!(upstreams[idle].hits(), 10);
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn chance_gives_everybody_a_share() {
    let gateway = Gateway::new();
    _ = two(&gateway, LoadBalancingPolicy::Random).await;
    let shares = shares(&gateway, 200).await;
    // Half of 200, give or take seven standard deviations.
    assert!((51..=149).contains(&shares["one"]), "{shares:?}");
}

#[tokio::test]
async fn who_is_told_to_slow_down_may_be_asked_again() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let upstream = Upstream::start("busy");
    let backend = product.backend_at(&[upstream.port], |backend| {
        backend.spec.retry =
            Some(Retry { attempts: 2, retry_on: vec![RetryOn::RateLimited], per_try_timeout_ms: None });
    });
    product.prefix("/", &backend);
    gateway.publish(&product.snapshot, 1).await;
    assert_eq!(gateway.status("/status/429").await, 429);
    assert_eq!(upstream.hits(), 3, "one try and two more");
    assert_eq!(gateway.status("/status/503").await, 503);
    assert_eq!(upstream.hits(), 4, "503 is no reason");
}

#[tokio::test]
async fn a_failed_request_is_tried_again_as_often_as_it_says() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let upstream = Upstream::start("bad");
    let retry = |attempts| Some(Retry { attempts, retry_on: vec![RetryOn::GatewayError], per_try_timeout_ms: None });
    let backend = product.backend_at(&[upstream.port], |backend| backend.spec.retry = retry(3));
    product.prefix("/", &backend);
    gateway.publish(&product.snapshot, 1).await;
    assert_eq!(gateway.status("/status/503").await, 503);
    assert_eq!(upstream.hits(), 4, "one try and three more");
    assert_eq!(gateway.status("/status/500").await, 500);
    assert_eq!(upstream.hits(), 5, "500 is no reason");
    let posted = gateway.client.post(gateway.url("/status/503")).send().await.unwrap();
    assert_eq!(posted.status(), 503);
    assert_eq!(upstream.hits(), 6, "what has effects is sent once");
}

#[tokio::test]
async fn an_endpoint_that_is_gone_costs_no_request() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let upstream = Upstream::start("good");
    let backend = product.backend_at(&[free_port(), upstream.port], |_| ());
    product.prefix("/", &backend);
    gateway.publish(&product.snapshot, 1).await;
    assert_eq!(shares(&gateway, 20).await, BTreeMap::from([("good".to_owned(), 20)]));
}

#[tokio::test]
async fn what_is_beyond_the_circuit_breaker_is_answered_503() {
    let gateway = Gateway::new();
    let mut product = Product::on(&gateway);
    let upstream = Upstream::start("narrow");
    let backend = product.backend_at(&[upstream.port], |backend| {
        backend.spec.circuit_breaker = Some(CircuitBreaker { max_connections: Some(2), ..CircuitBreaker::default() });
    });
    product.prefix("/", &backend);
    gateway.publish(&product.snapshot, 1).await;
    let requests = (0..5).map(|_| gateway.status("/slow/1500"));
    let mut statuses = futures::future::join_all(requests).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 503, 503, 503]);
    assert_eq!(gateway.status("/").await, 200, "and it closes again");
}
