//! What is published, step by step.

use switchtower_domain::{
    api_service::{Backend, Endpoint, Method, PathMatchType, Route, Scheme, ValueMatch, ValueMatchType},
    deployment::DeploymentId,
    gateway::GatewayClass,
    policy::{PolicyId, PolicySpec, Rule},
};
use switchtower_protocol::snapshot::Snapshot;
use switchtower_render::fixture;

use super::{Gateway, Upstream};

/// A snapshot in the making.
pub(crate) struct Product {
    pub(crate) snapshot: Snapshot,
}

impl Product {
    /// One API service on the gateway's port, without routes.
    pub(crate) fn on(gateway: &Gateway) -> Self {
        let mut snapshot = fixture::snapshot(vec![fixture::api_service(1, "shop", Vec::new(), Vec::new())]);
        snapshot.gateway.class = GatewayClass::Nginx;
        snapshot.gateway.listeners[0].port = gateway.port;
        Self { snapshot }
    }

    /// Another deployment.
    pub(crate) fn deployment(mut self, number: u128) -> Self {
        self.snapshot.deployment_id = DeploymentId::from_parts(1_760_000_000_000, number);
        self
    }

    pub(crate) fn hostnames(mut self, hostnames: &[&str]) -> Self {
        self.snapshot.publish.hostnames = hostnames.iter().map(|host| (*host).to_owned()).collect();
        self
    }

    /// A backend of these upstreams.
    pub(crate) fn backend(&mut self, upstreams: &[&Upstream]) -> Backend {
        let ports: Vec<_> = upstreams.iter().map(|upstream| upstream.port).collect();
        self.backend_at(&ports, |_| ())
    }

    /// A backend of one new upstream.
    pub(crate) fn to(&mut self, name: &str) -> Backend {
        self.backend(&[&Upstream::start(name)])
    }

    /// A backend of these ports, with more to it.
    pub(crate) fn backend_at(&mut self, ports: &[u16], edit: impl FnOnce(&mut Backend)) -> Backend {
        let service = &mut self.snapshot.api_services[0];
        let number = u16::try_from(service.backends.len()).unwrap() + 1;
        let mut backend = fixture::backend(number, Scheme::Http, "127.0.0.1", 1);
        backend.spec.endpoints = ports.iter().map(|port| Endpoint::new("127.0.0.1".to_owned(), *port)).collect();
        edit(&mut backend);
        service.backends.push(backend.clone());
        backend
    }

    /// A route to these backends.
    pub(crate) fn route(&mut self, kind: PathMatchType, path: &str, methods: &[Method], to: &[&Backend]) -> &mut Route {
        let routes = &mut self.snapshot.api_services[0].routes;
        let number = u16::try_from(routes.len()).unwrap() + 1;
        routes.push(fixture::route(number, kind, path, methods, to));
        routes.last_mut().unwrap()
    }

    /// A route of everything below a path.
    pub(crate) fn prefix(&mut self, path: &str, to: &Backend) -> &mut Route {
        self.route(PathMatchType::Prefix, path, &[], &[to])
    }

    /// A policy for everything.
    pub(crate) fn policy(&mut self, spec: PolicySpec) {
        let number = u128::try_from(self.snapshot.policies.len()).unwrap();
        self.snapshot.policies.push(Rule {
            id: PolicyId::from_parts(1, number),
            name: fixture::name(&format!("policy-{number}")),
            api_service_id: None,
            route_id: None,
            priority: 0,
            spec,
        });
    }

    /// A policy for the route that was made last.
    pub(crate) fn policy_of_last(&mut self, spec: PolicySpec) {
        self.policy(spec);
        let service = &self.snapshot.api_services[0];
        let rule = self.snapshot.policies.last_mut().unwrap();
        rule.api_service_id = Some(service.id);
        rule.route_id = service.routes.last().map(|route| route.id);
    }
}

/// What a header or a query parameter must be.
pub(crate) fn wanted(name: &str, kind: ValueMatchType, value: Option<&str>) -> ValueMatch {
    ValueMatch { name: name.to_owned(), kind, value: value.map(str::to_owned) }
}
