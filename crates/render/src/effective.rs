//! What becomes of a route's requests, once policies, backends and the route itself have had their say.
//!
//! What the route says goes before policies, and policies before backends. Renderers of all classes ask here, so that one
//! product means the same everywhere.

use switchtower_domain::{
    api_service::{BackendInput, BackendTimeouts, Route, RouteTimeouts},
    policy::{self, Cors, HeaderModifier, PolicySpec, RateLimit, Rule, TimeoutPolicy, UrlRewrite},
    traffic::{CircuitBreaker, HealthCheck, LoadBalancing, Retry},
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

/// What is done with a route's requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Treatment<'a> {
    /// The host names that it answers; all that a listener has, when empty.
    pub(crate) hostnames: &'a [String],
    /// For the whole request.
    pub(crate) request_ms: Option<u32>,
    /// For one try at a backend, unless the backend says.
    pub(crate) backend_request_ms: Option<u32>,
    /// For a backend to accept a connection, unless the backend says.
    pub(crate) connect_ms: Option<u32>,
    /// What is tried again, unless the backend says.
    pub(crate) retry: Option<&'a Retry>,
    /// How much may be under way, unless the backend says.
    pub(crate) circuit_breaker: Option<&'a CircuitBreaker>,
    pub(crate) rate_limit: Option<&'a RateLimit>,
    pub(crate) cors: Option<&'a Cors>,
    pub(crate) headers: Option<&'a HeaderModifier>,
    pub(crate) rewrite: Option<&'a UrlRewrite>,
}

/// How a backend is treated on a route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Settings<'a> {
    pub(crate) load_balancing: Option<&'a LoadBalancing>,
    pub(crate) health_check: Option<&'a HealthCheck>,
    pub(crate) circuit_breaker: Option<&'a CircuitBreaker>,
    pub(crate) retry: Option<&'a Retry>,
    pub(crate) connect_ms: Option<u32>,
    pub(crate) backend_request_ms: Option<u32>,
    pub(crate) idle_ms: Option<u32>,
}

impl<'a> Treatment<'a> {
    /// The treatment of a route.
    pub(crate) fn of(snapshot: &'a Snapshot, service: &ApiServicePart, route: &'a Route) -> Self {
        let own = &route.spec.hostnames;
        let hostnames = if own.is_empty() { &snapshot.publish.hostnames } else { own };
        let timeouts = route.spec.timeouts.clone().unwrap_or_default();
        let RouteTimeouts { request_ms, backend_request_ms } = timeouts;
        let mut treatment = Self {
            hostnames,
            request_ms,
            backend_request_ms,
            connect_ms: None,
            retry: None,
            circuit_breaker: None,
            rate_limit: None,
            cors: None,
            headers: None,
            rewrite: None,
        };
        for rule in policy::in_effect(&snapshot.policies, service.id, route.id).into_values() {
            treatment.take(rule);
        }
        treatment
    }

    fn take(&mut self, rule: &'a Rule) {
        match &rule.spec {
            PolicySpec::RateLimit(limit) => self.rate_limit = Some(limit),
            PolicySpec::Cors(cors) => self.cors = Some(cors),
            PolicySpec::Retry(retry) => self.retry = Some(retry),
            PolicySpec::CircuitBreaker(breaker) => self.circuit_breaker = Some(breaker),
            PolicySpec::HeaderModifier(headers) => self.headers = Some(headers),
            PolicySpec::UrlRewrite(rewrite) => self.rewrite = Some(rewrite),
            PolicySpec::Timeout(TimeoutPolicy { request_ms, backend_request_ms, connect_ms }) => {
                self.request_ms = self.request_ms.or(*request_ms);
                self.backend_request_ms = self.backend_request_ms.or(*backend_request_ms);
                self.connect_ms = *connect_ms;
            }
        }
    }

    /// How a backend is treated on this route.
    pub(crate) fn toward(&self, backend: &'a BackendInput) -> Settings<'a> {
        let own = backend.timeouts.clone().unwrap_or_default();
        let BackendTimeouts { connect_ms, request_ms, idle_ms } = own;
        // No try may take longer than the whole.
        let most = |time: u32| self.request_ms.map_or(time, |whole| time.min(whole));
        Settings {
            load_balancing: backend.load_balancing.as_ref(),
            health_check: backend.health_check.as_ref(),
            circuit_breaker: self.circuit_breaker.or(backend.circuit_breaker.as_ref()),
            retry: self.retry.or(backend.retry.as_ref()),
            connect_ms: self.connect_ms.or(connect_ms),
            backend_request_ms: self.backend_request_ms.or(request_ms).map(most),
            idle_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use switchtower_domain::{
        api_service::{Method, PathMatchType, Scheme},
        policy::PolicyId,
    };

    use super::*;
    use crate::fixture;

    #[test]
    fn the_route_goes_before_policies_and_policies_before_backends() {
        let mut backend = fixture::backend(1, Scheme::Http, "a.example.com", 80);
        backend.spec.timeouts =
            Some(BackendTimeouts { connect_ms: Some(7), request_ms: Some(90_000), idle_ms: Some(9) });
        let mut route = fixture::route(1, PathMatchType::Exact, "/a", &[Method::Get], &[&backend]);
        route.spec.timeouts = Some(RouteTimeouts { request_ms: Some(1_000), backend_request_ms: None });
        let other = fixture::route(2, PathMatchType::Exact, "/b", &[Method::Get], &[&backend]);
        let mut snapshot = fixture::snapshot(vec![fixture::api_service(1, "a", vec![backend], vec![route, other])]);
        let timeout = TimeoutPolicy { request_ms: Some(5_000), backend_request_ms: None, connect_ms: Some(3) };
        snapshot.policies.push(Rule {
            id: PolicyId::from_parts(1, 1),
            name: fixture::name("slow"),
            api_service_id: None,
            route_id: None,
            priority: 0,
            spec: PolicySpec::Timeout(timeout),
        });
        let service = &snapshot.api_services[0];
        let first = Treatment::of(&snapshot, service, &service.routes[0]);
        let second = Treatment::of(&snapshot, service, &service.routes[1]);
        assert_eq!((first.request_ms, second.request_ms), (Some(1_000), Some(5_000)));
        let settings = first.toward(&service.backends[0].spec);
        assert_eq!((settings.connect_ms, settings.idle_ms), (Some(3), Some(9)));
        assert_eq!(settings.backend_request_ms, Some(1_000), "a try is no longer than the whole");
    }
}
