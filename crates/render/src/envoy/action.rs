//! What happens to the requests of a route, wherever they are asked for.

use switchtower_domain::{
    api_service::{Backend, BackendRef, Method, Route},
    policy::{PathRewriteType, UrlRewrite},
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::backend::tls_host;
use crate::effective::{Settings, Treatment};

/// What happens to a request: what routes must have in common to share a rule, and what ambiguity is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Action<'a> {
    pub(super) backends: &'a [BackendRef],
    /// Without host names: where a request is asked for is no part of what happens to it.
    pub(crate) treatment: Treatment<'a>,
}

impl<'a> Action<'a> {
    /// The action of a route, and the host names that it answers.
    pub(crate) fn of(snapshot: &'a Snapshot, service: &ApiServicePart, route: &'a Route) -> (Self, &'a [String]) {
        let treatment = Treatment::of(snapshot, service, route);
        let hostnames = treatment.hostnames;
        let treatment = Treatment { hostnames: &[], ..treatment };
        (Self { backends: &route.spec.backend_refs, treatment }, hostnames)
    }

    /// How its backends are treated: all alike, as has been checked.
    pub(super) fn settings(&self, service: &'a ApiServicePart) -> Option<Settings<'a>> {
        self.targets(service).next().map(|backend| self.treatment.toward(&backend.spec))
    }

    /// The one name that TLS asks all its backends for, if there is one.
    pub(super) fn common_host(&self, service: &ApiServicePart) -> Option<String> {
        let mut hosts = self.targets(service).map(tls_host);
        let first = hosts.next()??;
        hosts.all(|host| host.as_ref() == Some(&first)).then_some(first)
    }

    /// Its backends.
    fn targets<'s>(&self, service: &'s ApiServicePart) -> impl Iterator<Item = &'s Backend> {
        self.backends.iter().filter_map(|own| service.backends.iter().find(|backend| backend.id == own.backend_id))
    }

    /// Whether a rule holds one match: the CRD demands it where a prefix is rewritten.
    pub(super) fn stands_alone(&self) -> bool {
        let path = self.treatment.rewrite.and_then(|UrlRewrite { path, .. }| path.as_ref());
        path.is_some_and(|path| path.kind == PathRewriteType::ReplacePrefix)
    }
}

/// The methods of a route's matches; none stands for all.
pub(super) fn methods(route: &Route) -> impl Iterator<Item = Option<Method>> {
    let all = route.spec.methods.is_empty().then_some(None);
    all.into_iter().chain(route.spec.methods.iter().copied().map(Some))
}
