//! How requests travel to backends: the BackendTrafficPolicies.

use serde_json::{Map, Value, json};
use switchtower_domain::{
    policy::{RateLimit, RateUnit},
    traffic::{
        CircuitBreaker, HashOn, HashOnType, HealthCheck, HealthCheckType, LoadBalancing, LoadBalancingPolicy, Retry,
        RetryOn,
    },
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{BACKEND_TRAFFIC_POLICY, GATEWAY, GATEWAY_API, HTTP_ROUTE, action::Action, pack::Grouped};
use crate::{
    duration, limit, name,
    object::{Metadata, Object},
    options::Options,
};

/// What a BackendTrafficPolicy says; the default is what every route has that says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Traffic<'a> {
    load_balancing: Option<&'a LoadBalancing>,
    health_check: Option<&'a HealthCheck>,
    /// The host that an HTTP health check asks for.
    health_host: Option<String>,
    circuit_breaker: Option<&'a CircuitBreaker>,
    retry: Option<&'a Retry>,
    per_try_ms: Option<u32>,
    connect_ms: Option<u32>,
    idle_ms: Option<u32>,
    rate_limit: Option<&'a RateLimit>,
}

impl<'a> Traffic<'a> {
    pub(super) fn of(action: &Action<'a>, service: &'a ApiServicePart) -> Self {
        let Some(settings) = action.settings(service) else { return Self::default() };
        let http = settings.health_check.is_some_and(|check| check.kind == HealthCheckType::Http);
        Self {
            load_balancing: settings.load_balancing.filter(|own| **own != LoadBalancing::default()),
            health_check: settings.health_check,
            health_host: if http { action.common_host(service) } else { None },
            circuit_breaker: settings.circuit_breaker.filter(|own| **own != CircuitBreaker::default()),
            retry: settings.retry,
            per_try_ms: settings.retry.and_then(|retry| {
                let own = [retry.per_try_timeout_ms, settings.backend_request_ms].into_iter().flatten().min()?;
                Some(action.treatment.request_ms.map_or(own, |whole| own.min(whole)))
            }),
            connect_ms: settings.connect_ms,
            idle_ms: settings.idle_ms,
            rate_limit: action.treatment.rate_limit,
        }
    }

    fn spec(&self) -> Map<String, Value> {
        let mut spec = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                spec.insert(key.to_owned(), value);
            }
        };
        put("circuitBreaker", self.circuit_breaker.map(circuit_breaker));
        put("healthCheck", self.health_check.map(|check| health_check(check, self.health_host.as_deref())));
        // Envoy Gateway would look for the least requests, when not told.
        put("loadBalancer", Some(self.load_balancing.map_or_else(|| json!({ "type": "RoundRobin" }), load_balancer)));
        put("rateLimit", self.rate_limit.map(rate_limit));
        put("retry", self.retry.map(|own| retry(own, self.per_try_ms)));
        put("timeout", self.timeout());
        spec
    }

    fn timeout(&self) -> Option<Value> {
        let mut timeout = Map::new();
        if let Some(time) = self.idle_ms {
            timeout.insert("http".to_owned(), json!({ "connectionIdleTimeout": duration::format(time) }));
        }
        if let Some(time) = self.connect_ms {
            timeout.insert("tcp".to_owned(), json!({ "connectTimeout": duration::format(time) }));
        }
        (!timeout.is_empty()).then(|| timeout.into())
    }
}

/// The policies of HTTPRoutes by what they say. What most routes have belongs to the Gateway, and counts for every
/// HTTPRoute that has no policy of its own.
pub(super) fn render(snapshot: &Snapshot, groups: Grouped<Traffic<'_>, Vec<String>>, options: &Options) -> Vec<Object> {
    let mut objects = Vec::new();
    for (traffic, routes) in groups.in_order {
        if traffic == Traffic::default() {
            let target = json!({ "group": GATEWAY_API, "kind": GATEWAY.1, "name": name::gateway(snapshot) });
            objects.push(policy(snapshot, &traffic, vec![target], name::gateway(snapshot), options));
            continue;
        }
        for names in routes.chunks(limit::TARGETS) {
            let target = |name| json!({ "group": GATEWAY_API, "kind": HTTP_ROUTE.1, "name": name });
            let name = name::numbered(snapshot, objects.len());
            objects.push(policy(snapshot, &traffic, names.iter().map(target).collect(), name, options));
        }
    }
    objects
}

fn policy(snapshot: &Snapshot, traffic: &Traffic<'_>, targets: Vec<Value>, name: String, options: &Options) -> Object {
    let mut spec = traffic.spec();
    spec.insert("targetRefs".to_owned(), targets.into());
    Object::new(BACKEND_TRAFFIC_POLICY, &options.namespace, name, Metadata::of(snapshot), spec.into())
}

fn circuit_breaker(breaker: &CircuitBreaker) -> Value {
    numbers([
        ("maxConnections", breaker.max_connections),
        ("maxParallelRequests", breaker.max_requests),
        ("maxParallelRetries", breaker.max_retries),
        ("maxPendingRequests", breaker.max_pending_requests),
    ])
    .into()
}

fn health_check(check: &HealthCheck, host: Option<&str>) -> Value {
    let mut active =
        numbers([("healthyThreshold", check.healthy_threshold), ("unhealthyThreshold", check.unhealthy_threshold)]);
    for (key, time) in [("interval", check.interval_ms), ("timeout", check.timeout_ms)] {
        if let Some(time) = time {
            active.insert(key.to_owned(), duration::format(time).into());
        }
    }
    match (check.kind, &check.http) {
        (HealthCheckType::Grpc, _) => {
            active.insert("type".to_owned(), "GRPC".into());
        }
        (HealthCheckType::Tcp, _) => {
            active.insert("type".to_owned(), "TCP".into());
            active.insert("tcp".to_owned(), json!({}));
        }
        (HealthCheckType::Http, request) => {
            let mut http = Map::new();
            if let Some(request) = request {
                http.insert("path".to_owned(), request.path.as_str().into());
                if !request.expected_statuses.is_empty() {
                    http.insert("expectedStatuses".to_owned(), request.expected_statuses.clone().into());
                }
            }
            if let Some(host) = host {
                http.insert("hostname".to_owned(), host.into());
            }
            active.insert("type".to_owned(), "HTTP".into());
            active.insert("http".to_owned(), http.into());
        }
    }
    json!({ "active": active })
}

fn load_balancer(balancing: &LoadBalancing) -> Value {
    match (balancing.policy, &balancing.hash_on) {
        (LoadBalancingPolicy::RoundRobin, _) => json!({ "type": "RoundRobin" }),
        (LoadBalancingPolicy::LeastRequest, _) => json!({ "type": "LeastRequest" }),
        (LoadBalancingPolicy::Random, _) => json!({ "type": "Random" }),
        (LoadBalancingPolicy::ConsistentHash, hash) => {
            let hash = match hash {
                Some(HashOn { kind: HashOnType::Header, name }) => {
                    json!({ "headers": [{ "name": name }], "type": "Headers" })
                }
                Some(HashOn { kind: HashOnType::Cookie, name }) => {
                    json!({ "cookie": { "name": name }, "type": "Cookie" })
                }
                Some(HashOn { kind: HashOnType::SourceIp, .. }) | None => json!({ "type": "SourceIP" }),
            };
            json!({ "consistentHash": hash, "type": "ConsistentHash" })
        }
    }
}

fn rate_limit(limit: &RateLimit) -> Value {
    let unit = match limit.unit {
        RateUnit::Second => "Second",
        RateUnit::Minute => "Minute",
        RateUnit::Hour => "Hour",
        RateUnit::Day => "Day",
    };
    json!({ "local": { "rules": [{ "limit": { "requests": limit.requests, "unit": unit } }] } })
}

fn retry(retry: &Retry, per_try_ms: Option<u32>) -> Value {
    let reasons = retry.reasons();
    let triggers: Vec<_> = reasons
        .iter()
        .map(|reason| match reason {
            RetryOn::ConnectFailure => "connect-failure",
            RetryOn::Reset => "reset",
            RetryOn::ServerError => "5xx",
            RetryOn::GatewayError => "gateway-error",
            RetryOn::RateLimited => "retriable-status-codes",
        })
        .collect();
    let mut on = json!({ "triggers": triggers });
    let mut value = json!({ "numRetries": retry.attempts });
    if let Some(on) = on.as_object_mut()
        && reasons.contains(&RetryOn::RateLimited)
    {
        on.insert("httpStatusCodes".to_owned(), json!([429]));
    }
    if let Some(fields) = value.as_object_mut() {
        fields.insert("retryOn".to_owned(), on);
        if let Some(time) = per_try_ms {
            fields.insert("perRetry".to_owned(), json!({ "timeout": duration::format(time) }));
        }
    }
    value
}

fn numbers<const N: usize>(fields: [(&str, Option<u32>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(key, number)| number.map(|number| (key.to_owned(), number.into()))).collect()
}
