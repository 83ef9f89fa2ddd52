//! What the snapshot says.

use std::net::IpAddr;

use serde_json::{Value, json};
use switchtower_domain::{
    api_service::{Backend, BackendInput, Route, Scheme, ValueMatch, ValueMatchType},
    gateway::Listener,
    policy::{Cors, PolicySpec, Rule},
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{Meanings, in_order, sorted, tidy};

pub(super) fn routes(snapshot: &Snapshot) -> Meanings {
    let mut meanings = Meanings::new();
    for service in &snapshot.api_services {
        for route in &service.routes {
            let treatment = treatment(snapshot, service, route);
            let hosts = hostnames(snapshot, route);
            for mut one in matches(route, treatment["cors"] != Value::Null) {
                one["treatment"] = treatment.clone();
                meanings.entry(tidy(one).to_string()).or_default().extend(hosts.clone());
            }
        }
    }
    in_order(meanings)
}

/// All host names for which a route is there: its own, and those below one of its own that others name.
fn hostnames(snapshot: &Snapshot, route: &Route) -> Vec<String> {
    let own = if route.spec.hostnames.is_empty() { &snapshot.publish.hostnames } else { &route.spec.hostnames };
    let routes = snapshot.api_services.iter().flat_map(|service| &service.routes);
    let mut all: Vec<String> = routes.flat_map(|route| route.spec.hostnames.clone()).collect();
    all.extend(snapshot.publish.hostnames.clone());
    all.retain(|name| own.is_empty() || own.iter().any(|wide| wide.starts_with("*.") && name.ends_with(&wide[1..])));
    all.extend(own.clone());
    if own.is_empty() {
        all.push("any".to_owned());
    }
    all.sort();
    all.dedup();
    all
}

fn matches(route: &Route, cors: bool) -> Vec<Value> {
    let spec = &route.spec;
    let values = |list: &[ValueMatch]| {
        let one = |own: &ValueMatch| match own.kind {
            ValueMatchType::Exact => json!([own.name, "Exact", own.value]),
            ValueMatchType::Regex => json!([own.name, "RegularExpression", own.value]),
            ValueMatchType::Present => json!([own.name, "RegularExpression", ".*"]),
        };
        sorted(list.iter().map(one).collect())
    };
    let make = |method: Value, headers: Vec<Value>| json!({ "path": spec.path, "method": method, "headers": headers, "queries": values(&spec.query_params) });
    let mut all = Vec::new();
    let methods: Vec<Option<String>> = match spec.methods.as_slice() {
        [] => vec![None],
        methods => methods.iter().map(|method| Some(method.to_string())).collect(),
    };
    for method in methods {
        all.push(make(json!(method), values(&spec.headers)));
        if cors && !spec.headers.is_empty() && method.as_deref() != Some("OPTIONS") {
            let asked = match &method {
                Some(method) => json!(["access-control-request-method", "Exact", method]),
                None => json!(["access-control-request-method", "RegularExpression", ".*"]),
            };
            all.push(make(json!("OPTIONS"), sorted(vec![asked, json!(["origin", "RegularExpression", ".*"])])));
        }
    }
    all
}

/// The policy of a type that takes effect: the narrowest, then the highest, then the first.
fn policy<'a, T>(
    snapshot: &'a Snapshot,
    service: &ApiServicePart,
    route: &Route,
    take: impl Fn(&'a PolicySpec) -> Option<&'a T>,
) -> Option<&'a T> {
    let about = |rule: &&Rule| match (rule.api_service_id, rule.route_id) {
        (None, _) => true,
        (Some(id), None) => id == service.id,
        (Some(id), Some(own)) => id == service.id && own == route.id,
    };
    let mut rules: Vec<_> =
        snapshot.policies.iter().filter(about).filter_map(|rule| take(&rule.spec).map(|spec| (rule, spec))).collect();
    rules.sort_by_key(|(rule, _)| {
        let width = 2 - usize::from(rule.api_service_id.is_some()) - usize::from(rule.route_id.is_some());
        (width, -i32::from(rule.priority), rule.name.to_string())
    });
    rules.first().map(|(_, spec)| *spec)
}

macro_rules! in_effect {
    ($snapshot:expr, $service:expr, $route:expr, $kind:ident) => {
        policy($snapshot, $service, $route, |spec| match spec {
            PolicySpec::$kind(own) => Some(own),
            _ => None,
        })
    };
}

pub(super) fn treatment(snapshot: &Snapshot, service: &ApiServicePart, route: &Route) -> Value {
    let refs = &route.spec.backend_refs;
    let backends: Vec<_> =
        refs.iter().map(|own| service.backends.iter().find(|backend| backend.id == own.backend_id).unwrap()).collect();
    let spec = &backends[0].spec;
    let timeouts = route.spec.timeouts.clone().unwrap_or_default();
    let of_backend = spec.timeouts.clone().unwrap_or_default();
    let policy = in_effect!(snapshot, service, route, Timeout);
    let request = timeouts.request_ms.or(policy.and_then(|own| own.request_ms));
    let once = timeouts.backend_request_ms.or(policy.and_then(|own| own.backend_request_ms)).or(of_backend.request_ms);
    let connect = policy.and_then(|own| own.connect_ms).or(of_backend.connect_ms);
    let retry = in_effect!(snapshot, service, route, Retry).or(spec.retry.as_ref());
    let whole = match (retry, request, once) {
        (None, Some(request), Some(once)) => Some(request.min(once)),
        (None, request, once) => request.or(once),
        (Some(_), None, Some(_)) => Some(0),
        (Some(_), request, _) => request,
    };
    let retry = retry.map(|own| {
        let once = [own.per_try_timeout_ms, once].into_iter().flatten().min();
        let once = once.map(|once| request.map_or(once, |request| once.min(request)));
        let reasons = own.reasons().iter().map(|reason| json!(reason)).collect();
        json!({ "attempts": own.attempts, "retry_on": sorted(reasons), "per_try_timeout_ms": once })
    });
    let balancing = spec.load_balancing.clone().unwrap_or_default();
    json!({
        "backends": refs.iter().map(|own| json!([own.backend_id, own.weight])).collect::<Vec<_>>(),
        "whole": whole,
        "connect": connect,
        "idle": of_backend.idle_ms,
        "retry": retry,
        "circuit_breaker": in_effect!(snapshot, service, route, CircuitBreaker).or(spec.circuit_breaker.as_ref()),
        "load_balancing": balancing,
        "health_check": spec.health_check,
        "rate_limit": in_effect!(snapshot, service, route, RateLimit),
        "headers": in_effect!(snapshot, service, route, HeaderModifier),
        "rewrite": in_effect!(snapshot, service, route, UrlRewrite).and_then(|own| own.path.clone()),
        "host": in_effect!(snapshot, service, route, UrlRewrite).and_then(|own| own.hostname.clone()).or(host(&backends)),
        "cors": in_effect!(snapshot, service, route, Cors).map(cors),
    })
}

/// The host that backends with TLS see: their own.
fn host(backends: &[&Backend]) -> Option<String> {
    let names: Vec<_> = backends.iter().map(|backend| tls_name(&backend.spec)).collect();
    let own = |backend: &&Backend| {
        let name = tls_name(&backend.spec);
        backend.spec.endpoints.iter().all(|endpoint| Some(endpoint.host.to_ascii_lowercase()) == name)
    };
    match names.first()?.clone() {
        Some(first) if names.iter().all(|name| name.as_ref() == Some(&first)) => Some(first),
        Some(_) if backends.iter().all(own) => Some("the endpoint's".to_owned()),
        _ => None,
    }
}

fn tls_name(spec: &BackendInput) -> Option<String> {
    let tls = matches!(spec.scheme, Scheme::Https | Scheme::Grpcs);
    let sni = spec.tls.as_ref().and_then(|tls| tls.sni.clone());
    let host = spec.endpoints[0].host.to_ascii_lowercase();
    sni.or(Some(host)).filter(|name| tls && name.parse::<IpAddr>().is_err())
}

fn cors(cors: &Cors) -> Value {
    let set = |list: &[String]| {
        let mut list = if list.iter().any(|text| text == "*") { vec!["*".to_owned()] } else { list.to_vec() };
        list.sort();
        list.dedup();
        list
    };
    let safe = ["GET", "HEAD", "POST"].map(str::to_owned);
    json!({
        "origins": set(&cors.allow_origins),
        "methods": set(if cors.allow_methods.is_empty() { &safe } else { &cors.allow_methods }),
        "headers": set(&cors.allow_headers),
        "expose": set(&cors.expose_headers),
        "credentials": cors.allow_credentials,
        "age": cors.max_age_seconds,
    })
}

pub(super) fn backend(backend: &Backend) -> Value {
    let spec = &backend.spec;
    let insecure = spec.tls.as_ref().is_some_and(|tls| tls.insecure_skip_verify);
    let endpoints: Vec<_> = spec
        .endpoints
        .iter()
        .map(|own| match own.host.parse::<IpAddr>() {
            Ok(address) => json!({ "host": address, "port": own.port, "zone": own.zone }),
            Err(_) => json!({ "host": own.host.to_ascii_lowercase(), "port": own.port, "zone": own.zone }),
        })
        .collect();
    let name = tls_name(spec);
    tidy(json!({
        "endpoints": endpoints,
        "grpc": matches!(spec.scheme, Scheme::Grpc | Scheme::Grpcs),
        "verified": name.clone().filter(|_| !insecure),
        "unverified": insecure,
        "sni": name.filter(|_| insecure),
    }))
}

pub(super) fn listener(snapshot: &Snapshot, listener: &Listener) -> Value {
    let client = snapshot.gateway.client.clone().unwrap_or_default();
    tidy(json!({
        "port": listener.port,
        "protocol": listener.protocol,
        "hostname": listener.hostname,
        "tls": listener.tls,
        "idle": client.idle_timeout_ms,
        "buffer": client.buffer_bytes,
        "hops": client.trusted_hops,
    }))
}
