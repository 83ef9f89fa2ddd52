//! Arbitrary policies of all types and scopes.

use proptest::{collection::vec, option, prelude::*, sample::Index};
use switchtower_domain::{
    api_service::PathMatchType,
    policy::{
        Cors, HeaderChanges, HeaderModifier, HeaderValue, PathRewrite, PathRewriteType, PolicySpec, RateLimit,
        RateUnit, Rule, TimeoutPolicy, UrlRewrite,
    },
};
use switchtower_protocol::snapshot::ApiServicePart;

use super::{
    hostname,
    traffic::{circuit_breaker, header, retry, time},
};
use crate::fixture;

/// A policy, and what it is about: a service when there is a first, a route when there are both.
pub(super) type Seed = (PolicySpec, Option<Index>, Option<Index>, i16, u16);

pub(super) fn seed() -> impl Strategy<Value = Seed> {
    (spec(), option::of(any::<Index>()), option::of(any::<Index>()), -2..=2_i16, 0..4_u16)
}

/// The policy of a seed. A prefix is replaced only on a route that matches one.
pub(super) fn grow((mut spec, service, route, priority, name): Seed, number: u16, services: &[ApiServicePart]) -> Rule {
    let service = service.map(|at| at.get(services));
    let route = service.and_then(|own| route.filter(|_| !own.routes.is_empty()).map(|at| at.get(&own.routes)));
    if let PolicySpec::UrlRewrite(UrlRewrite { path: Some(path), .. }) = &mut spec
        && route.is_none_or(|route| route.spec.path.kind != PathMatchType::Prefix)
    {
        path.kind = PathRewriteType::ReplaceFull;
    }
    let mut rule = fixture::policy(number, (service.map(|own| own.id), route.map(|own| own.id)), spec);
    rule.priority = priority;
    rule.name = fixture::name(&format!("policy-{name}"));
    rule
}

fn spec() -> impl Strategy<Value = PolicySpec> {
    let unit = prop_oneof![Just(RateUnit::Second), Just(RateUnit::Minute), Just(RateUnit::Hour), Just(RateUnit::Day)];
    let limit = (1..=1_000_000_u32, unit).prop_map(|(requests, unit)| RateLimit { requests, unit, burst: None });
    let timeout = (time(), time(), time()).prop_map(|(request_ms, once, connect_ms)| {
        let backend_request_ms = once.map(|once| request_ms.map_or(once, |whole| once.min(whole)));
        TimeoutPolicy { request_ms, backend_request_ms, connect_ms }
    });
    prop_oneof![
        limit.prop_map(PolicySpec::RateLimit),
        cors().prop_map(PolicySpec::Cors),
        retry().prop_map(PolicySpec::Retry),
        circuit_breaker().prop_map(PolicySpec::CircuitBreaker),
        timeout.prop_map(PolicySpec::Timeout),
        headers().prop_map(PolicySpec::HeaderModifier),
        rewrite().prop_map(PolicySpec::UrlRewrite),
    ]
}

fn cors() -> impl Strategy<Value = Cors> {
    let origin = ("https?://(\\*\\.)?", hostname(), "(:[1-9][0-9]{1,3})?");
    let origins = prop_oneof![
        4 => vec(origin.prop_map(|(scheme, host, port)| format!("{scheme}{host}{port}")), 1..5),
        1 => Just(vec!["*".to_owned(), "https://a.example.com".to_owned()]),
    ];
    let methods = prop_oneof![
        vec(prop_oneof![Just("GET"), Just("PUT"), Just("DELETE")].prop_map(str::to_owned), 0..4),
        Just(vec!["GET".to_owned(), "*".to_owned()]),
    ];
    let headers = || vec(header(), 0..4);
    let allow = prop_oneof![headers(), Just(vec!["*".to_owned(), "authorization".to_owned()])];
    (origins, methods, allow, headers(), any::<bool>(), option::of(1..=86_400_u32)).prop_map(
        |(allow_origins, allow_methods, allow_headers, expose_headers, credentials, max_age_seconds)| {
            let any = allow_origins.iter().any(|origin| origin == "*");
            let allow_credentials = credentials && !any;
            Cors { allow_origins, allow_methods, allow_headers, expose_headers, allow_credentials, max_age_seconds }
        },
    )
}

fn headers() -> impl Strategy<Value = HeaderModifier> {
    let value = "[!-$&-~]{1,10}( [!-$&-~]{1,10}){0,2}";
    let changes = move || {
        (vec(value, 0..4), vec(value, 0..4), 0..4_usize).prop_map(|(set, add, remove)| {
            let pair = |word: &str| {
                let word = word.to_owned();
                move |(number, value): (usize, String)| HeaderValue { name: format!("X-{word}-{number}"), value }
            };
            HeaderChanges {
                set: set.into_iter().enumerate().map(pair("Set")).collect(),
                add: add.into_iter().enumerate().map(pair("Add")).collect(),
                remove: (0..remove).map(|number| format!("X-Remove-{number}")).collect(),
            }
        })
    };
    (changes(), changes())
        .prop_map(|(request, response)| HeaderModifier { request, response })
        .prop_filter("one header is changed", |own| !own.request.is_empty() || !own.response.is_empty())
}

fn rewrite() -> impl Strategy<Value = UrlRewrite> {
    let kind = prop_oneof![Just(PathRewriteType::ReplacePrefix), Just(PathRewriteType::ReplaceFull)];
    let path = (kind, "(/[-a-z0-9%~]{0,1}[a-z]{1,8}){1,3}")
        .prop_map(|(kind, value)| PathRewrite { kind, value: value.replace('%', "~") });
    (option::of(hostname()), option::of(path))
        .prop_map(|(hostname, path)| UrlRewrite { hostname, path })
        .prop_filter("something is rewritten", |own| own.hostname.is_some() || own.path.is_some())
}
