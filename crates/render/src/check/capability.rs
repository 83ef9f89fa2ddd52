//! What the gateway class cannot do, at the field that asks for it.

use switchtower_domain::{
    api_service::{Backend, BackendInput, PathMatchType, Route, Scheme},
    field::FieldErrors,
    gateway::{Feature, GatewayClass},
    policy::{PolicySpec, RateUnit, Rule},
    product_publish::Auth,
    traffic::{CircuitBreaker, LoadBalancingPolicy, Retry, RetryOn},
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use crate::{
    effective::Treatment,
    error::{Problems, Subject},
};

/// What of a part the class cannot do.
struct Refusals {
    class: GatewayClass,
    errors: FieldErrors,
}

impl Refusals {
    fn of(class: GatewayClass, look: impl FnOnce(&mut Self)) -> FieldErrors {
        let mut refusals = Self { class, errors: FieldErrors::new() };
        look(&mut refusals);
        refusals.errors
    }

    fn when(&mut self, wanted: bool, feature: Feature, pointer: &str) {
        if wanted {
            self.class.refuse(feature, pointer, &mut self.errors);
        }
    }
}

/// Refuses what the class of the snapshot's gateway cannot do.
pub(super) fn check(snapshot: &Snapshot, problems: &mut Problems) {
    let gateway = &snapshot.gateway;
    let class = gateway.class;
    let of_template = class.refuse_template(&gateway.listeners, gateway.client.as_ref());
    problems.take(|| Subject::gateway(snapshot), of_template);
    problems
        .take(|| Subject::publish(snapshot), Refusals::of(class, |refusals| of_auth(&snapshot.publish.auth, refusals)));
    for rule in &snapshot.policies {
        problems.take(|| Subject::policy(rule), Refusals::of(class, |refusals| of_policy(rule, refusals)));
    }
    for service in &snapshot.api_services {
        for backend in &service.backends {
            let errors = Refusals::of(class, |refusals| of_backend(&backend.spec, refusals));
            problems.take(|| Subject::backend(service, backend), errors);
        }
        for route in &service.routes {
            let errors = Refusals::of(class, |refusals| of_route(snapshot, service, route, refusals));
            problems.take(|| Subject::route(service, route), errors);
        }
    }
}

fn of_auth(auth: &Auth, refusals: &mut Refusals) {
    refusals.when(matches!(auth, Auth::ApiKey(_)), Feature::ApiKeyAuth, "/auth/api_key");
    refusals.when(matches!(auth, Auth::Jwt(_)), Feature::JwtAuth, "/auth/jwt");
}

fn of_policy(rule: &Rule, refusals: &mut Refusals) {
    match &rule.spec {
        PolicySpec::RateLimit(limit) => {
            let long = matches!(limit.unit, RateUnit::Hour | RateUnit::Day);
            refusals.when(true, Feature::RateLimit, "/spec/rate_limit");
            refusals.when(long, Feature::LongRateLimit, "/spec/rate_limit/unit");
            refusals.when(limit.burst.is_some(), Feature::RateLimitBurst, "/spec/rate_limit/burst");
        }
        PolicySpec::Cors(_) => refusals.when(true, Feature::Cors, "/spec/cors"),
        PolicySpec::Retry(retry) => of_retry(retry, "/spec/retry", refusals),
        PolicySpec::CircuitBreaker(breaker) => of_breaker(breaker, "/spec/circuit_breaker", refusals),
        PolicySpec::Timeout(timeout) => {
            refusals.when(timeout.connect_ms.is_some(), Feature::ConnectTimeout, "/spec/timeout/connect_ms");
        }
        PolicySpec::HeaderModifier(headers) => {
            let at = "/spec/header_modifier";
            refusals.when(!headers.request.is_empty(), Feature::RequestHeaders, &format!("{at}/request"));
            let adds = !headers.request.add.is_empty();
            refusals.when(adds, Feature::AddRequestHeader, &format!("{at}/request/add"));
            refusals.when(!headers.response.is_empty(), Feature::ResponseHeaders, &format!("{at}/response"));
        }
        PolicySpec::UrlRewrite(_) => refusals.when(true, Feature::UrlRewrite, "/spec/url_rewrite"),
    }
}

fn of_retry(retry: &Retry, at: &str, refusals: &mut Refusals) {
    let any = retry.reasons().contains(&RetryOn::ServerError);
    refusals.when(any, Feature::RetryOnAnyServerError, &format!("{at}/retry_on"));
    let timed = retry.per_try_timeout_ms.is_some();
    refusals.when(timed, Feature::PerTryTimeout, &format!("{at}/per_try_timeout_ms"));
}

fn of_breaker(breaker: &CircuitBreaker, at: &str, refusals: &mut Refusals) {
    for (wanted, feature, field) in [
        (breaker.max_connections, Feature::MaxConnections, "max_connections"),
        (breaker.max_pending_requests, Feature::MaxPendingRequests, "max_pending_requests"),
        (breaker.max_requests, Feature::MaxRequests, "max_requests"),
        (breaker.max_retries, Feature::MaxRetries, "max_retries"),
    ] {
        refusals.when(wanted.is_some(), feature, &format!("{at}/{field}"));
    }
}

fn of_backend(spec: &BackendInput, refusals: &mut Refusals) {
    refusals.when(matches!(spec.scheme, Scheme::Grpc | Scheme::Grpcs), Feature::GrpcBackend, "/scheme");
    refusals.when(spec.is_insecure(), Feature::InsecureBackendTls, "/tls/insecure_skip_verify");
    for (index, endpoint) in spec.endpoints.iter().enumerate() {
        let at = |field: &str| format!("/endpoints/{index}/{field}");
        refusals.when(endpoint.weight.is_some(), Feature::EndpointWeight, &at("weight"));
        refusals.when(endpoint.zone.is_some(), Feature::EndpointZone, &at("zone"));
    }
    if let Some(balancing) = &spec.load_balancing {
        let random = balancing.policy == LoadBalancingPolicy::Random;
        refusals.when(random, Feature::RandomLoadBalancing, "/load_balancing/policy");
        let hash = balancing.policy == LoadBalancingPolicy::ConsistentHash;
        refusals.when(hash, Feature::ConsistentHash, "/load_balancing/policy");
    }
    if let Some(timeouts) = &spec.timeouts {
        refusals.when(timeouts.connect_ms.is_some(), Feature::ConnectTimeout, "/timeouts/connect_ms");
        refusals.when(timeouts.idle_ms.is_some(), Feature::BackendIdleTimeout, "/timeouts/idle_ms");
    }
    refusals.when(spec.health_check.is_some(), Feature::ActiveHealthCheck, "/health_check");
    if let Some(breaker) = &spec.circuit_breaker {
        of_breaker(breaker, "/circuit_breaker", refusals);
    }
    if let Some(retry) = &spec.retry {
        of_retry(retry, "/retry", refusals);
    }
}

fn of_route(snapshot: &Snapshot, service: &ApiServicePart, route: &Route, refusals: &mut Refusals) {
    let spec = &route.spec;
    refusals.when(spec.priority != 0, Feature::RoutePriority, "/priority");
    refusals.when(!spec.hostnames.is_empty(), Feature::RouteHostnames, "/hostnames");
    refusals.when(spec.path.kind == PathMatchType::Regex, Feature::RegexPath, "/path/type");
    refusals.when(!spec.headers.is_empty(), Feature::HeaderMatch, "/headers");
    refusals.when(!spec.query_params.is_empty(), Feature::QueryMatch, "/query_params");
    refusals.when(spec.backend_refs.len() > 1, Feature::WeightedBackends, "/backend_refs");
    if spec.backend_refs.len() > 1 && Feature::MixedBackendSettings.obstacle(refusals.class).is_some() {
        let treatment = Treatment::of(snapshot, service, route);
        let named = |id| service.backends.iter().find(|backend: &&Backend| backend.id == id);
        let mut backends = spec.backend_refs.iter().filter_map(|own| named(own.backend_id));
        let grpc = |backend: &Backend| backend.spec.scheme.is_grpc();
        let first = backends.next().map(|backend| (grpc(backend), treatment.toward(&backend.spec)));
        let mixed = backends.any(|backend| Some((grpc(backend), treatment.toward(&backend.spec))) != first);
        refusals.when(mixed, Feature::MixedBackendSettings, "/backend_refs");
    }
}
