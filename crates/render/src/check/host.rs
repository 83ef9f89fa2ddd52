//! The host names that are answered: each must be one that a listener answers, else its requests would find no route.

use std::collections::HashSet;

use switchtower_domain::{
    api_service::Route,
    field::FieldErrors,
    gateway::Listener,
    hostname::{covers, intersect, is_hostname},
};
use switchtower_protocol::snapshot::Snapshot;

use crate::{
    error::{Problems, Subject},
    limit,
};

/// The host names of the publish.
pub(super) fn of_publish(snapshot: &Snapshot) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let hostnames = &snapshot.publish.hostnames;
    let detail = format!("A publish has at most {} host names.", limit::HOSTNAMES);
    errors.require(hostnames.len() <= limit::HOSTNAMES, "/hostnames", "too_many", detail);
    for (index, hostname) in hostnames.iter().enumerate() {
        let pointer = format!("/hostnames/{index}");
        let detail = "A host name is a lower-case DNS name, `*.` first for a whole domain.";
        errors.require(is_hostname(hostname), pointer.clone(), "hostname", detail);
        let again = hostnames.get(..index).is_some_and(|earlier| earlier.contains(hostname));
        errors.require(!again, pointer.clone(), "duplicate", "Name each host name once.");
        listened_to(snapshot, hostname, pointer, &mut errors);
    }
    errors
}

/// The host names of routes.
pub(super) fn of_routes(snapshot: &Snapshot, problems: &mut Problems) {
    let mut all: HashSet<&str> = HashSet::new();
    for service in &snapshot.api_services {
        for route in &service.routes {
            let mut errors = of_route(snapshot, route);
            let before = all.len();
            all.extend(route.spec.hostnames.iter().map(String::as_str));
            let few = all.len() <= limit::DEPLOYMENT_HOSTNAMES || all.len() == before;
            let most = limit::DEPLOYMENT_HOSTNAMES;
            let detail = format!("The routes of a deployment name at most {most} host names in all; use `*.` names.");
            errors.require(few, "/hostnames", "too_many", detail);
            problems.take(|| Subject::route(service, route), errors);
        }
    }
}

fn of_route(snapshot: &Snapshot, route: &Route) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let hostnames = &route.spec.hostnames;
    let detail = format!("A route has at most {} host names.", limit::HOSTNAMES);
    errors.require(hostnames.len() <= limit::HOSTNAMES, "/hostnames", "too_many", detail);
    for (index, hostname) in hostnames.iter().enumerate() {
        let pointer = format!("/hostnames/{index}");
        let published = &snapshot.publish.hostnames;
        let known = published.is_empty() || published.iter().any(|wide| covers(wide, hostname));
        let detail = format!("Publish `{}` does not answer `{hostname}`; add it there.", snapshot.publish.name);
        errors.require(known, pointer.clone(), "not_published", detail);
        listened_to(snapshot, hostname, pointer, &mut errors);
    }
    errors
}

fn listened_to(snapshot: &Snapshot, hostname: &str, pointer: String, errors: &mut FieldErrors) {
    let answers = |listener: &Listener| listener.hostname.as_deref().is_none_or(|own| intersect(own, hostname));
    let detail = format!("No listener of gateway `{}` answers `{hostname}`.", snapshot.gateway.name);
    errors.require(snapshot.gateway.listeners.iter().any(answers), pointer, "no_listener", detail);
}
