//! Policies, whether they take effect or not.

use switchtower_domain::{
    field::FieldErrors,
    policy::{
        Cors, HeaderChanges, HeaderModifier, PathRewrite, PathRewriteType, PolicySpec, RateLimit, Rule, TimeoutPolicy,
        UrlRewrite,
    },
};

use super::{bound, traffic};

/// The most requests that a rate limit counts.
const MOST: u64 = 1_000_000;

/// Everything in the policy that is wrong by itself.
pub(super) fn check(rule: &Rule) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let whole = rule.route_id.is_none() || rule.api_service_id.is_some();
    errors.require(whole, "/api_service_id", "required", "A policy of a route names the API service as well.");
    errors.within("/spec", rule.spec.check());
    let (kind, of_spec) = match &rule.spec {
        PolicySpec::RateLimit(limit) => ("rate_limit", rate_limit(limit)),
        PolicySpec::Cors(own) => ("cors", cors(own)),
        PolicySpec::Retry(retry) => ("retry", traffic::retry(retry)),
        PolicySpec::CircuitBreaker(breaker) => ("circuit_breaker", traffic::circuit_breaker(breaker)),
        PolicySpec::Timeout(own) => ("timeout", timeout(own)),
        PolicySpec::HeaderModifier(HeaderModifier { request, response }) => {
            let mut errors = FieldErrors::new();
            errors.within("/request", headers(request));
            errors.within("/response", headers(response));
            ("header_modifier", errors)
        }
        PolicySpec::UrlRewrite(own) => ("url_rewrite", url_rewrite(own)),
    };
    errors.within(&format!("/spec/{kind}"), of_spec);
    errors
}

fn rate_limit(limit: &RateLimit) -> FieldErrors {
    let mut errors = FieldErrors::new();
    bound::number(limit.requests, (1, MOST), "/requests", &mut errors);
    if let Some(burst) = limit.burst {
        bound::number(burst, (1, MOST), "/burst", &mut errors);
    }
    errors
}

fn cors(cors: &Cors) -> FieldErrors {
    let mut errors = FieldErrors::new();
    bound::list(&cors.allow_origins, (1, 64), "/allow_origins", &mut errors);
    for (index, origin) in cors.allow_origins.iter().enumerate() {
        bound::text(origin, (1, 253), &format!("/allow_origins/{index}"), &mut errors);
    }
    bound::list(&cors.allow_methods, (0, 9), "/allow_methods", &mut errors);
    bound::list(&cors.allow_headers, (0, 64), "/allow_headers", &mut errors);
    bound::list(&cors.expose_headers, (0, 64), "/expose_headers", &mut errors);
    if let Some(seconds) = cors.max_age_seconds {
        bound::number(seconds, (0, 86_400), "/max_age_seconds", &mut errors);
    }
    errors
}

fn timeout(timeout: &TimeoutPolicy) -> FieldErrors {
    let mut errors = FieldErrors::new();
    bound::time(timeout.request_ms, "/request_ms", &mut errors);
    bound::time(timeout.backend_request_ms, "/backend_request_ms", &mut errors);
    bound::time(timeout.connect_ms, "/connect_ms", &mut errors);
    errors
}

fn headers(changes: &HeaderChanges) -> FieldErrors {
    let mut errors = FieldErrors::new();
    bound::list(&changes.remove, (0, 16), "/remove", &mut errors);
    for (field, list) in [("set", &changes.set), ("add", &changes.add)] {
        bound::list(list, (0, 16), &format!("/{field}"), &mut errors);
        for (index, header) in list.iter().enumerate() {
            let visible = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
            let fits = (1..=4096).contains(&header.value.len())
                && header.value.as_bytes().iter().all(visible)
                && header.value.trim_matches(' ') == header.value;
            let detail = "A value has 1 to 4096 visible ASCII letters, and blanks between them.";
            errors.require(fits, format!("/{field}/{index}/value"), "header_value", detail);
        }
    }
    errors
}

fn url_rewrite(rewrite: &UrlRewrite) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if let Some(PathRewrite { value, .. }) = &rewrite.path {
        bound::text(value, (1, 1024), "/path/value", &mut errors);
        let plain = |letter: char| !letter.is_whitespace() && letter != '?' && letter != '#';
        let path = value.starts_with('/') && value.chars().all(plain);
        let detail = "A path begins with `/` and has no blanks, `?` and `#`.";
        errors.require(path, "/path/value", "path", detail);
    }
    errors
}

/// Whether a rewrite replaces the prefix that a route matched.
pub(super) fn replaces_prefix(rewrite: &UrlRewrite) -> bool {
    rewrite.path.as_ref().is_some_and(|path| path.kind == PathRewriteType::ReplacePrefix)
}
