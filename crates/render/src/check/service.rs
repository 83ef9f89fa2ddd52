//! One API service: its backends and its routes.

use std::collections::HashSet;

use switchtower_domain::{
    api_service::{Backend, Route},
    field::FieldErrors,
    hostname::is_dns_name,
    id::BackendId,
};
use switchtower_protocol::snapshot::ApiServicePart;

use super::path;
use crate::{
    error::{Problems, Subject},
    limit,
};

/// Everything in the service that is wrong by itself.
pub(super) fn check(service: &ApiServicePart, problems: &mut Problems) {
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    for backend in &service.backends {
        let mut errors = of_backend(backend);
        errors.require(ids.insert(backend.id), "/id", "duplicate", "Another backend has this id.");
        errors.require(names.insert(&backend.spec.name), "/name", "duplicate", "Another backend has this name.");
        problems.take(|| Subject::backend(service, backend), errors);
    }
    let (mut route_ids, mut names) = (HashSet::new(), HashSet::new());
    for route in &service.routes {
        let mut errors = of_route(route, &ids);
        errors.require(route_ids.insert(route.id), "/id", "duplicate", "Another route has this id.");
        errors.require(names.insert(&route.spec.name), "/name", "duplicate", "Another route has this name.");
        problems.take(|| Subject::route(service, route), errors);
    }
}

fn of_backend(backend: &Backend) -> FieldErrors {
    let spec = &backend.spec;
    let mut errors = spec.check();
    let fits = (1..=limit::ENDPOINTS).contains(&spec.endpoints.len());
    errors.require(fits, "/endpoints", "length", format!("A backend has 1 to {} endpoints.", limit::ENDPOINTS));
    for (index, endpoint) in spec.endpoints.iter().enumerate() {
        let known = endpoint.is_ip() || is_dns_name(&endpoint.host.to_ascii_lowercase());
        let detail = format!("`{}` is neither a DNS name nor an IP address.", endpoint.host);
        errors.require(known, format!("/endpoints/{index}/host"), "hostname", detail);
        let pointer = format!("/endpoints/{index}/port");
        errors.require(endpoint.port > 0, pointer, "range", "A port is a number from 1 to 65535.");
    }
    if let Some(sni) = spec.tls.as_ref().and_then(|tls| tls.sni.as_deref()) {
        errors.require(is_dns_name(sni), "/tls/sni", "hostname", format!("`{sni}` is not a DNS name."));
    }
    errors
}

fn of_route(route: &Route, backends: &HashSet<BackendId>) -> FieldErrors {
    let spec = &route.spec;
    let mut errors = spec.check(|id| backends.contains(&id));
    errors.within("/path", path::check(&spec.path));
    let fits = (1..=limit::BACKEND_REFS).contains(&spec.backend_refs.len());
    let detail = format!("A route has 1 to {} backends.", limit::BACKEND_REFS);
    errors.require(fits, "/backend_refs", "length", detail);
    for (index, reference) in spec.backend_refs.iter().enumerate() {
        let pointer = format!("/backend_refs/{index}/weight");
        let detail = format!("A weight is a number from 0 to {}.", limit::WEIGHT);
        errors.require(reference.weight <= limit::WEIGHT, pointer, "range", detail);
    }
    if let Some(timeouts) = &spec.timeouts {
        let detail = "A timeout is at least 1 millisecond; leave it out for the gateway's own.";
        errors.require(timeouts.request_ms != Some(0), "/timeouts/request_ms", "range", detail);
        errors.require(timeouts.backend_request_ms != Some(0), "/timeouts/backend_request_ms", "range", detail);
    }
    errors
}
