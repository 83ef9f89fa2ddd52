//! Values of what Envoy Gateway can do that it cannot hold.

use switchtower_domain::{
    field::FieldErrors,
    policy::{Cors, HeaderChanges, PolicySpec, Rule, UrlRewrite},
};
use switchtower_protocol::snapshot::Snapshot;

use crate::error::{Problems, Subject};

/// Refuses such values.
pub(super) fn check(snapshot: &Snapshot, problems: &mut Problems) {
    for rule in &snapshot.policies {
        problems.take(|| Subject::policy(rule), of_policy(rule));
    }
}

fn of_policy(rule: &Rule) -> FieldErrors {
    let mut errors = FieldErrors::new();
    match &rule.spec {
        PolicySpec::Cors(cors) => errors.within("/spec/cors", of_cors(cors)),
        PolicySpec::HeaderModifier(headers) => {
            errors.within("/spec/header_modifier/request", of_headers(&headers.request));
            errors.within("/spec/header_modifier/response", of_headers(&headers.response));
        }
        PolicySpec::UrlRewrite(UrlRewrite { path: Some(path), .. }) => {
            // Envoy Gateway makes an expression of it, in which `\1` is a group.
            let plain = path.value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
            let detail = "Gateway class `envoy` cannot do this: percent-encode what is not ASCII, and `\\`.";
            errors.require(plain, "/spec/url_rewrite/path/value", "not_supported", detail);
        }
        _ => {}
    }
    errors
}

fn of_cors(cors: &Cors) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let detail = "Gateway class `envoy` cannot do this: an answer is remembered for a second at least; use 1.";
    errors.require(cors.max_age_seconds != Some(0), "/max_age_seconds", "not_supported", detail);
    // In requests `*` covers every header; in answers a browser lets it cover all but `Authorization`.
    let mixed = cors.expose_headers.len() > 1 && cors.expose_headers.iter().any(|name| name == "*");
    let detail = "Gateway class `envoy` cannot do this: `*` stands alone; name the headers.";
    errors.require(!mixed, "/expose_headers", "not_supported", detail);
    errors
}

fn of_headers(changes: &HeaderChanges) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for (field, list) in [("set", &changes.set), ("add", &changes.add)] {
        for (index, header) in list.iter().enumerate() {
            let pointer = format!("/{field}/{index}/value");
            let detail = "Gateway class `envoy` cannot do this: Envoy takes `%` for the beginning of a command.";
            errors.require(!header.value.contains('%'), pointer.clone(), "not_supported", detail);
            let detail = "Gateway class `envoy` cannot do this: Envoy Gateway takes one blank at a time.";
            errors.require(!header.value.contains("  "), pointer, "not_supported", detail);
        }
    }
    errors
}
