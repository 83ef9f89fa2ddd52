//! What nginx cannot do in detail, beyond the table of its class: named beforehand, at the field that asks for it.

use std::collections::HashMap;

use switchtower_domain::{
    api_service::{BackendInput, Method, PathMatch, PathMatchType, RouteInput, ValueMatch, ValueMatchType},
    field::FieldErrors,
    gateway::Protocol,
    policy::{HeaderChanges, PathRewriteType, PolicySpec, Rule},
    product_publish::Auth,
    traffic::{HashOn, HashOnType},
};
use switchtower_protocol::snapshot::Snapshot;

use super::{
    arg::Arg,
    candidate::{self, Candidate},
    encode, regex, share,
};
use crate::{
    effective::Treatment,
    error::{Problems, RenderError, Subject},
    options::Options,
};

/// Everything that stands in the way of a configuration.
pub(crate) fn check(snapshot: &Snapshot, options: &Options) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    problems.take(|| Subject::Options, of_options(options));
    problems.take(|| Subject::publish(snapshot), of_auth(&snapshot.publish.auth));
    for rule in &snapshot.policies {
        problems.take(|| Subject::policy(rule), of_policy(rule));
    }
    let secure = snapshot.gateway.listeners.iter().any(|listener| listener.protocol == Protocol::Https);
    for service in &snapshot.api_services {
        for backend in &service.backends {
            problems.take(|| Subject::backend(service, backend), of_backend(&backend.spec, secure));
        }
        for route in &service.routes {
            problems.take(|| Subject::route(service, route), of_route(&route.spec));
        }
    }
    let candidates = candidate::all(snapshot);
    for candidate in &candidates {
        problems.take(|| Subject::route(candidate.service, candidate.route), of_rewrite(candidate));
    }
    twins(snapshot, &candidates, &mut problems);
    problems.into_result()
}

fn of_options(options: &Options) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let path = &options.nginx.ca_bundle;
    let fit = path.starts_with('/') && !path.contains('$') && !path.chars().any(char::is_control);
    let detail = "It is an absolute path without `$` and control characters.";
    errors.require(fit, "/nginx/ca_bundle", "path", detail);
    errors
}

/// Names that nginx has a variable for, and that it does not drop.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

const PLAIN: &str = "Gateway class `nginx` knows names of letters, digits and `-` only.";

fn of_auth(auth: &Auth) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if let Auth::ApiKey(auth) = auth {
        for (index, name) in auth.headers.iter().enumerate() {
            errors.require(is_plain(name), format!("/auth/api_key/headers/{index}"), "not_supported", PLAIN);
        }
    }
    errors
}

fn of_policy(rule: &Rule) -> FieldErrors {
    let mut errors = FieldErrors::new();
    match &rule.spec {
        PolicySpec::HeaderModifier(headers) => {
            of_headers(&headers.request, "/spec/header_modifier/request", &[], &mut errors);
            // nginx writes these itself, last of all.
            of_headers(&headers.response, "/spec/header_modifier/response", &["server", "date"], &mut errors);
            for (index, header) in headers.request.add.iter().enumerate() {
                let pointer = format!("/spec/header_modifier/request/add/{index}/name");
                errors.require(is_plain(&header.name), pointer, "not_supported", PLAIN);
            }
        }
        PolicySpec::Cors(cors) => {
            for (list, field) in [(&cors.allow_headers, "allow_headers"), (&cors.expose_headers, "expose_headers")] {
                fits(&Arg::text(&list.join(", ")), format!("/spec/cors/{field}"), &mut errors);
            }
        }
        PolicySpec::UrlRewrite(rewrite) => {
            if let Some(path) = &rewrite.path {
                let decoded = String::from_utf8(encode::decode(&path.value));
                let pointer = "/spec/url_rewrite/path/value";
                match decoded {
                    Ok(text) => fits(&Arg::path(&text), pointer.to_owned(), &mut errors),
                    Err(_) => errors.add(pointer, "not_supported", "Gateway class `nginx` rewrites to UTF-8 only."),
                }
            }
        }
        PolicySpec::RateLimit(_) | PolicySpec::Retry(_) | PolicySpec::CircuitBreaker(_) | PolicySpec::Timeout(_) => {}
    }
    errors
}

fn of_headers(changes: &HeaderChanges, at: &str, own: &[&str], errors: &mut FieldErrors) {
    for (list, field) in [(&changes.set, "set"), (&changes.add, "add")] {
        for (index, header) in list.iter().enumerate() {
            fits(&Arg::text(&header.value), format!("{at}/{field}/{index}/value"), errors);
        }
    }
    let set = changes.set.iter().enumerate().map(|(index, header)| (format!("{at}/set/{index}/name"), &header.name));
    let removed = changes.remove.iter().enumerate().map(|(index, name)| (format!("{at}/remove/{index}"), name));
    for (pointer, name) in set.chain(removed) {
        let detail = format!("Gateway class `nginx` writes `{name}` itself.");
        errors.require(!own.contains(&name.to_ascii_lowercase().as_str()), pointer, "not_supported", detail);
    }
}

fn of_backend(spec: &BackendInput, secure: bool) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let detail = "Gateway class `nginx` speaks HTTP/2, which gRPC needs, on HTTPS listeners only; add one.";
    errors.require(secure || !spec.scheme.is_grpc(), "/scheme", "not_supported", detail);
    let hash = spec.load_balancing.as_ref().and_then(|balancing| balancing.hash_on.as_ref());
    if let Some(HashOn { kind, name: Some(name) }) = hash {
        let cookie = *kind == HashOnType::Cookie && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let header = *kind == HashOnType::Header && is_plain(name);
        let detail =
            "Gateway class `nginx` knows headers of letters, digits and `-`, and cookies of letters, digits and `_`.";
        errors.require(cookie || header, "/load_balancing/hash_on/name", "not_supported", detail);
    }
    errors
}

fn of_route(spec: &RouteInput) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for (index, method) in spec.methods.iter().enumerate() {
        let known = !matches!(method, Method::Trace | Method::Connect);
        let detail = format!("Gateway class `nginx` answers {method} itself, with 405.");
        errors.require(known, format!("/methods/{index}"), "not_supported", detail);
    }
    if spec.path.kind == PathMatchType::Regex
        && let Err(why) = regex::check(&spec.path.value)
    {
        errors.add("/path/value", "not_supported", format!("`{}` {why}.", spec.path.value));
    }
    for (index, header) in spec.headers.iter().enumerate() {
        let pointer = format!("/headers/{index}");
        errors.require(is_plain(&header.name), format!("{pointer}/name"), "not_supported", PLAIN);
        of_value(header, &pointer, &mut errors);
    }
    for (index, parameter) in spec.query_params.iter().enumerate() {
        of_value(parameter, &format!("/query_params/{index}"), &mut errors);
    }
    for (index, weight) in share::too_small(&spec.backend_refs) {
        let detail = format!("Gateway class `nginx` splits in steps of 0.01 %, and {weight} of all weights is less.");
        errors.add(format!("/backend_refs/{index}/weight"), "not_supported", detail);
    }
    errors
}

fn of_value(wanted: &ValueMatch, pointer: &str, errors: &mut FieldErrors) {
    let value = wanted.value.as_deref().unwrap_or_default();
    match wanted.kind {
        ValueMatchType::Present => {}
        ValueMatchType::Exact => {
            let expression = encode::in_query(value);
            fits(&Arg::pattern(&expression), format!("{pointer}/value"), errors);
        }
        ValueMatchType::Regex => {
            if let Err(why) = regex::check(value) {
                errors.add(format!("{pointer}/value"), "not_supported", format!("`{value}` {why}."));
            }
        }
    }
}

fn fits(arg: &Arg, pointer: String, errors: &mut FieldErrors) {
    errors.require(arg.fits(), pointer, "not_supported", "This is longer than gateway class `nginx` can read.");
}

fn of_rewrite(candidate: &Candidate<'_>) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let path = candidate.treatment.rewrite.and_then(|rewrite| rewrite.path.as_ref());
    let prefix = path.is_some_and(|path| path.kind == PathRewriteType::ReplacePrefix);
    let detail = "A policy replaces the prefix of this route's path, which is none; use `replace_full`, or a route of \
                  type `prefix`.";
    let fit = !prefix || candidate.route.spec.path.kind == PathMatchType::Prefix;
    errors.require(fit, "/path/type", "conflict", detail);
    errors
}

/// What two routes share that no request can tell apart.
type Demand<'a> = (PathMatchType, &'a str, Vec<&'a ValueMatch>, Vec<&'a ValueMatch>, i16);

/// Routes that are equally strong for the same requests and lead elsewhere: which one is meant, nobody can know.
fn twins(snapshot: &Snapshot, candidates: &[Candidate<'_>], problems: &mut Problems) {
    let mut known: HashMap<Demand<'_>, Vec<&Candidate<'_>>> = HashMap::new();
    for candidate in candidates {
        let spec = &candidate.route.spec;
        let sorted = |list: &'_ [ValueMatch]| -> Vec<usize> {
            let mut order: Vec<usize> = (0..list.len()).collect();
            order.sort_by_key(|index| list.get(*index));
            order
        };
        let headers = sorted(&spec.headers).into_iter().filter_map(|index| spec.headers.get(index)).collect();
        let query = sorted(&spec.query_params).into_iter().filter_map(|index| spec.query_params.get(index)).collect();
        let key = (spec.path.kind, candidate::normal(&spec.path), headers, query, spec.priority);
        let rivals = known.entry(key).or_default();
        if let Some(rival) = rivals.iter().find(|rival| is_twin(snapshot, rival, candidate)) {
            let PathMatch { value, .. } = &rival.route.spec.path;
            let detail = format!(
                "Route `{}` of API service `{}` answers the same requests (`{value}`) and leads elsewhere; take one \
                 away, make it more specific, or give it another priority.",
                rival.route.spec.name, rival.service.name
            );
            let subject = || Subject::route(candidate.service, candidate.route);
            problems.take(subject, FieldErrors::one("/path/value", "ambiguous", detail));
        }
        rivals.push(candidate);
    }
}

fn is_twin(snapshot: &Snapshot, one: &Candidate<'_>, other: &Candidate<'_>) -> bool {
    let (first, second) = (&one.route.spec, &other.route.spec);
    let methods = first.methods.is_empty() == second.methods.is_empty()
        && (first.methods.is_empty() || first.methods.iter().any(|method| second.methods.contains(method)));
    let elsewhere = first.backend_refs != second.backend_refs || hostless(one) != hostless(other);
    let hosts = |listener: Option<&str>| {
        let others: Vec<String> = other.hosts(listener).collect();
        one.hosts(listener).any(|host| others.contains(&host))
    };
    let listeners = || snapshot.gateway.listeners.iter().any(|listener| hosts(listener.hostname.as_deref()));
    methods && elsewhere && listeners()
}

/// A treatment without hosts: they are what both may differ in and still lead to the same place.
fn hostless<'a>(own: &Candidate<'a>) -> Treatment<'a> {
    Treatment { hostnames: &[], ..own.treatment.clone() }
}
