//! How requests travel to backends, as backends and policies say it.

use switchtower_domain::{
    field::FieldErrors,
    traffic::{CircuitBreaker, HealthCheck, LoadBalancing, Retry},
};

use super::{bound, path};

/// The most of anything that a circuit breaker lets be under way.
const MOST: u64 = 1_000_000;

pub(super) fn load_balancing(balancing: &LoadBalancing) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if let Some(name) = balancing.hash_on.as_ref().and_then(|hash| hash.name.as_ref()) {
        bound::name(name, "/hash_on/name", &mut errors);
    }
    errors
}

pub(super) fn health_check(check: &HealthCheck) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for (field, value, least, most) in [
        ("/interval_ms", check.interval_ms, 100, 3_600_000),
        ("/timeout_ms", check.timeout_ms, 10, 3_600_000),
        ("/healthy_threshold", check.healthy_threshold, 1, 100),
        ("/unhealthy_threshold", check.unhealthy_threshold, 1, 100),
    ] {
        if let Some(value) = value {
            bound::number(value, (least, most), field, &mut errors);
        }
    }
    if let Some(http) = &check.http {
        if let Err(detail) = path::literal(&http.path) {
            errors.add("/http/path", "path", format!("`{}` {detail}.", http.path));
        }
        bound::text(&http.path, (1, 1024), "/http/path", &mut errors);
        bound::list(&http.expected_statuses, (0, 16), "/http/expected_statuses", &mut errors);
    }
    errors
}

pub(super) fn circuit_breaker(breaker: &CircuitBreaker) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for (field, value) in [
        ("/max_connections", breaker.max_connections),
        ("/max_pending_requests", breaker.max_pending_requests),
        ("/max_requests", breaker.max_requests),
        ("/max_retries", breaker.max_retries),
    ] {
        if let Some(value) = value {
            bound::number(value, (1, MOST), field, &mut errors);
        }
    }
    errors
}

pub(super) fn retry(retry: &Retry) -> FieldErrors {
    let mut errors = FieldErrors::new();
    bound::number(retry.attempts, (1, 10), "/attempts", &mut errors);
    bound::time(retry.per_try_timeout_ms, "/per_try_timeout_ms", &mut errors);
    errors
}
