//! Arbitrary settings of traffic to backends.

use proptest::{collection::vec, option, prelude::*, sample::subsequence};
use switchtower_domain::{
    api_service::{BackendInput, BackendTimeouts},
    traffic::{
        CircuitBreaker, HashOn, HashOnType, HealthCheck, HealthCheckType, HttpHealthCheck, LoadBalancing,
        LoadBalancingPolicy, Retry, RetryOn,
    },
};

const REASONS: [RetryOn; 5] =
    [RetryOn::ConnectFailure, RetryOn::Reset, RetryOn::ServerError, RetryOn::GatewayError, RetryOn::RateLimited];

/// The settings that a backend has beside its addresses.
pub(super) type Tuning =
    (Option<LoadBalancing>, Option<BackendTimeouts>, Option<HealthCheck>, Option<CircuitBreaker>, Option<Retry>);

pub(super) fn tuning() -> impl Strategy<Value = Tuning> {
    let timeouts = (time(), time(), time()).prop_map(|(connect_ms, request_ms, idle_ms)| BackendTimeouts {
        connect_ms,
        request_ms,
        idle_ms,
    });
    let some = (
        option::of(load_balancing()),
        option::of(timeouts),
        option::of(health_check()),
        option::of(circuit_breaker()),
        option::of(retry()),
    );
    prop_oneof![Just((None, None, None, None, None)), some]
}

pub(super) fn apply(spec: BackendInput, tuning: &Tuning) -> BackendInput {
    let (load_balancing, timeouts, health_check, circuit_breaker, retry) = tuning.clone();
    BackendInput { load_balancing, timeouts, health_check, circuit_breaker, retry, ..spec }
}

pub(super) fn time() -> impl Strategy<Value = Option<u32>> {
    option::of(1..=3_600_000_u32)
}

pub(super) fn header() -> impl Strategy<Value = String> {
    "[Xx]-[A-Za-z0-9!#$%&'*+.^_|~-]{1,12}"
}

fn load_balancing() -> impl Strategy<Value = LoadBalancing> {
    let hash = prop_oneof![
        Just(HashOn { kind: HashOnType::SourceIp, name: None }),
        header().prop_map(|name| HashOn { kind: HashOnType::Header, name: Some(name) }),
        header().prop_map(|name| HashOn { kind: HashOnType::Cookie, name: Some(name) }),
    ];
    let plain = |policy| Just(LoadBalancing { policy, hash_on: None });
    prop_oneof![
        plain(LoadBalancingPolicy::RoundRobin),
        plain(LoadBalancingPolicy::LeastRequest),
        plain(LoadBalancingPolicy::Random),
        hash.prop_map(|hash| LoadBalancing { policy: LoadBalancingPolicy::ConsistentHash, hash_on: Some(hash) }),
    ]
}

fn health_check() -> impl Strategy<Value = HealthCheck> {
    let http = ("(/[a-z0-9]{1,8}){1,3}", vec(100..600_u16, 0..4))
        .prop_map(|(path, expected_statuses)| Some(HttpHealthCheck { path, expected_statuses }));
    let kind = prop_oneof![
        http.prop_map(|http| (HealthCheckType::Http, http)),
        Just((HealthCheckType::Tcp, None)),
        Just((HealthCheckType::Grpc, None)),
    ];
    let times = (option::of(100..=3_600_000_u32), option::of(10..=3_600_000_u32));
    (kind, times, option::of(1..=100_u32), option::of(1..=100_u32)).prop_map(
        |((kind, http), (interval_ms, timeout_ms), healthy_threshold, unhealthy_threshold)| HealthCheck {
            kind,
            interval_ms,
            timeout_ms,
            healthy_threshold,
            unhealthy_threshold,
            http,
        },
    )
}

pub(super) fn circuit_breaker() -> impl Strategy<Value = CircuitBreaker> {
    let most = || option::of(1..=1_000_000_u32);
    (most(), most(), most(), most()).prop_map(|(max_connections, max_pending_requests, max_requests, max_retries)| {
        CircuitBreaker { max_connections, max_pending_requests, max_requests, max_retries }
    })
}

pub(super) fn retry() -> impl Strategy<Value = Retry> {
    (1..=10_u32, subsequence(REASONS.to_vec(), 0..=5), time())
        .prop_map(|(attempts, retry_on, per_try_timeout_ms)| Retry { attempts, retry_on, per_try_timeout_ms })
}
