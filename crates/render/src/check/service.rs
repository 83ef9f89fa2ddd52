//! One API service: its backends and its routes.

use std::collections::HashSet;

use switchtower_domain::{
    api_service::{Backend, Route},
    field::FieldErrors,
    hostname::is_dns_name,
    id::BackendId,
};
use switchtower_protocol::snapshot::ApiServicePart;

use super::{bound, path, traffic};
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
        if let Some(weight) = endpoint.weight {
            bound::number(weight, (1, 1000), &format!("/endpoints/{index}/weight"), &mut errors);
        }
        if let Some(zone) = &endpoint.zone {
            bound::text(zone, (1, 253), &format!("/endpoints/{index}/zone"), &mut errors);
        }
    }
    if let Some(sni) = spec.tls.as_ref().and_then(|tls| tls.sni.as_deref()) {
        errors.require(is_dns_name(sni), "/tls/sni", "hostname", format!("`{sni}` is not a DNS name."));
    }
    if let Some(timeouts) = &spec.timeouts {
        bound::time(timeouts.connect_ms, "/timeouts/connect_ms", &mut errors);
        bound::time(timeouts.request_ms, "/timeouts/request_ms", &mut errors);
        bound::time(timeouts.idle_ms, "/timeouts/idle_ms", &mut errors);
    }
    let parts = [
        ("/load_balancing", spec.load_balancing.as_ref().map(traffic::load_balancing)),
        ("/health_check", spec.health_check.as_ref().map(traffic::health_check)),
        ("/circuit_breaker", spec.circuit_breaker.as_ref().map(traffic::circuit_breaker)),
        ("/retry", spec.retry.as_ref().map(traffic::retry)),
    ];
    for (pointer, of_part) in parts {
        errors.within(pointer, of_part.unwrap_or_default());
    }
    errors
}

fn of_route(route: &Route, backends: &HashSet<BackendId>) -> FieldErrors {
    let spec = &route.spec;
    let mut errors = spec.check(|id| backends.contains(&id));
    let detail = "A route that is not active is not published.";
    errors.require(spec.status.is_active(), "/status", "inactive", detail);
    errors.within("/path", path::check(&spec.path));
    bound::matches(&spec.headers, "/headers", &mut errors);
    bound::matches(&spec.query_params, "/query_params", &mut errors);
    bound::list(&spec.methods, (0, 9), "/methods", &mut errors);
    let fits = (1..=limit::BACKEND_REFS).contains(&spec.backend_refs.len());
    let detail = format!("A route has 1 to {} backends.", limit::BACKEND_REFS);
    errors.require(fits, "/backend_refs", "length", detail);
    for (index, reference) in spec.backend_refs.iter().enumerate() {
        let pointer = format!("/backend_refs/{index}/weight");
        let detail = format!("A weight is a number from 0 to {}.", limit::WEIGHT);
        errors.require(reference.weight <= limit::WEIGHT, pointer, "range", detail);
    }
    if let Some(timeouts) = &spec.timeouts {
        bound::time(timeouts.request_ms, "/timeouts/request_ms", &mut errors);
        bound::time(timeouts.backend_request_ms, "/timeouts/backend_request_ms", &mut errors);
    }
    errors
}
