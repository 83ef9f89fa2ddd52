//! Requests as Envoy Gateway answers them: by the most specific host name, then in the order that it puts routes in.

use proptest::{prelude::*, sample::Index};
use serde_json::Value;
use switchtower_domain::api_service::{PathMatchType, Route, ValueMatch, ValueMatchType};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{
    invariants::{list, meaning, of_kind},
    strategy,
};
use crate::{Options, Rendered, render};

/// What a client sends; headers and parameters by where they are and by name, each with a value.
struct Request {
    host: String,
    path: String,
    method: String,
    values: Vec<(&'static str, String, String)>,
}

/// A request that a route answers: its own path, host and method, and the headers that it asks for.
fn request(snapshot: &Snapshot, route: &Route, host: &Index) -> Request {
    let spec = &route.spec;
    let own = if spec.hostnames.is_empty() { &snapshot.publish.hostnames } else { &spec.hostnames };
    let host = if own.is_empty() { "a.example.com".to_owned() } else { host.get(own).replace('*', "narrow") };
    let path = match spec.path.kind {
        PathMatchType::Regex => {
            let path = spec.path.value.replace("[^/]+", "ab").replace(".*", "a").replace("(a|b)", "a");
            path.replace(r"\d{1,3}", "12")
        }
        PathMatchType::Exact | PathMatchType::Prefix => spec.path.value.clone(),
    };
    let method = spec.methods.first().map_or_else(|| "GET".to_owned(), ToString::to_string);
    let exact = |one: &&ValueMatch| one.kind == ValueMatchType::Exact;
    let all = [("headers", &spec.headers), ("queryParams", &spec.query_params)].into_iter();
    let values = all.flat_map(|(place, list)| {
        let own = move |one: &ValueMatch| (place, one.name.to_ascii_lowercase(), one.value.clone().unwrap());
        list.iter().filter(exact).map(own)
    });
    let values = values.collect();
    Request { host, path, method, values }
}

/// Whether an expression of the strategies matches a whole path.
fn expression(expression: &str, path: &str) -> bool {
    let rest = |length: usize| expression.get(length..).unwrap();
    let tails = || path.char_indices().map(|(index, _)| &path[index..]).chain([""]);
    if expression.is_empty() {
        path.is_empty()
    } else if expression.starts_with("[^/]+") {
        let segment = path.find('/').unwrap_or(path.len());
        (1..=segment).any(|length| path.is_char_boundary(length) && self::expression(rest(5), &path[length..]))
    } else if expression.starts_with(".*") {
        tails().any(|tail| self::expression(rest(2), tail))
    } else if expression.starts_with(r"\d{1,3}") {
        let digits = path.bytes().take(3).take_while(u8::is_ascii_digit).count();
        (1..=digits).any(|length| self::expression(rest(7), &path[length..]))
    } else if expression.starts_with("(a|b)") {
        path.strip_prefix(['a', 'b']).is_some_and(|tail| self::expression(rest(5), tail))
    } else {
        let letter = expression.chars().next().unwrap();
        path.strip_prefix(letter).is_some_and(|tail| self::expression(rest(letter.len_utf8()), tail))
    }
}

fn path(kind: &str, value: &str, path: &str) -> bool {
    match kind {
        "Exact" => value == path,
        "PathPrefix" => {
            let prefix = value.trim_end_matches('/');
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        _ => expression(value, path),
    }
}

/// Only exact values are sent, so only those are matched.
fn values(one: &Value, request: &Request) -> bool {
    ["headers", "queryParams"].into_iter().all(|place| {
        list(one, place).iter().all(|own| {
            let name = own["name"].as_str().unwrap().to_ascii_lowercase();
            let sent = request.values.iter().find(|(at, sent, _)| *at == place && *sent == name);
            sent.is_some_and(|(_, _, value)| own["type"] == "Exact" && own["value"] == value.as_str())
        })
    })
}

/// How strong a match is to Envoy Gateway.
fn strength(one: &Value) -> (u8, usize, usize, usize) {
    let kind = match one["path"]["type"].as_str().unwrap() {
        "Exact" => 2,
        "RegularExpression" => 1,
        _ => 0,
    };
    let length = one["path"]["value"].as_str().unwrap().len();
    let headers = list(one, "headers").len() + usize::from(!one["method"].is_null());
    (kind, length, headers, list(one, "queryParams").len())
}

/// The host names of all HTTPRoutes that fit a host, the most specific one of them.
fn virtual_host<'a>(rendered: &'a Rendered, host: &str) -> Option<&'a str> {
    let names = of_kind(rendered, "HTTPRoute").flat_map(|object| list(&object.manifest["spec"], "hostnames"));
    let fits = |name: &&str| name.strip_prefix('*').map_or(*name == host, |ending| host.ends_with(ending));
    names.filter_map(Value::as_str).filter(fits).max_by_key(|name| (!name.starts_with('*'), name.len()))
}

/// What becomes of a request: of each of the strongest matches, since nothing says which of them it is.
fn answers(rendered: &Rendered, request: &Request) -> Vec<String> {
    let host = virtual_host(rendered, &request.host);
    let mut found = Vec::new();
    for object in of_kind(rendered, "HTTPRoute") {
        let names = list(&object.manifest["spec"], "hostnames");
        if host.map_or(names.is_empty(), |host| names.iter().any(|name| name == host)) {
            for rule in list(&object.manifest["spec"], "rules") {
                for one in list(rule, "matches") {
                    let method = one["method"].is_null() || one["method"] == request.method.as_str();
                    let own = &one["path"];
                    let (kind, value) = (own["type"].as_str().unwrap(), own["value"].as_str().unwrap());
                    if method && path(kind, value, &request.path) && values(one, request) {
                        found.push((strength(one), meaning::of_rule(rendered, object, rule)));
                    }
                }
            }
        }
    }
    let most = found.iter().map(|(strength, _)| *strength).max();
    let mut answers: Vec<_> =
        found.into_iter().filter(|(strength, _)| Some(*strength) == most).map(|(_, answer)| answer).collect();
    answers.sort();
    answers.dedup();
    answers
}

/// A route with nothing but exact values, as far as headers and parameters go.
fn is_plain(route: &Route) -> bool {
    route.spec.headers.iter().chain(&route.spec.query_params).all(|own| own.kind == ValueMatchType::Exact)
}

/// The routes of the snapshot that answer a request on a path of their own letters.
fn routes(snapshot: &Snapshot) -> impl Iterator<Item = (&ApiServicePart, &Route)> {
    let all = snapshot.api_services.iter().flat_map(|service| service.routes.iter().map(move |route| (service, route)));
    all.filter(|(_, route)| is_plain(route))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_thing_becomes_of_each_request(snapshot in strategy::crowded(), host in any::<Index>()) {
        let Ok(rendered) = render(&snapshot, &Options::default()) else { return Ok(()) };
        for (service, route) in routes(&snapshot) {
            let request = request(&snapshot, route, &host);
            let answers = answers(&rendered, &request);
            prop_assert_eq!(answers.len(), 1, "{} {} {}", request.method, request.host, request.path);
            let alone = route.spec.path.kind == PathMatchType::Exact
                && !routes(&snapshot).any(|(_, other)| other.id != route.id && other.spec.path == route.spec.path);
            if alone {
                prop_assert_eq!(&answers[0], &meaning::of_route(&snapshot, service, route));
            }
        }
    }
}
