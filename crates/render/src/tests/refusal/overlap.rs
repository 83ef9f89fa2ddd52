//! Routes between which nothing but chance would decide.

use switchtower_domain::{
    api_service::{Method, PathMatchType, RouteInput, ValueMatchType},
    policy::{Cors, PolicySpec},
};

use super::problems;
use crate::fixture;

/// What is wrong when two routes that lead to different places answer these.
fn meet(one: impl FnOnce(&mut RouteInput), other: impl FnOnce(&mut RouteInput)) -> Vec<String> {
    problems(|own| {
        own.publish.hostnames.clear();
        own.api_services[0].routes.truncate(1);
        for (service, edit) in [(0, Box::new(one) as Box<dyn FnOnce(&mut RouteInput)>), (1, Box::new(other))] {
            let spec = &mut own.api_services[service].routes[0].spec;
            (spec.path.kind, spec.path.value, spec.methods) = (PathMatchType::Exact, "/a".to_owned(), Vec::new());
            edit(spec);
        }
    })
}

const AMBIGUOUS: [&str; 1] = ["route `route-4` /path/value ambiguous"];
const FINE: [&str; 0] = [];

fn header(name: &str, value: &str) -> impl Fn(&mut RouteInput) {
    let one = fixture::value_match(name, ValueMatchType::Exact, Some(value));
    move |spec| spec.headers.push(one.clone())
}

fn query(name: &str, value: &str) -> impl Fn(&mut RouteInput) {
    let one = fixture::value_match(name, ValueMatchType::Exact, Some(value));
    move |spec| spec.query_params.push(one.clone())
}

fn hosts(names: &[&str]) -> impl Fn(&mut RouteInput) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    move |spec| spec.hostnames.clone_from(&names)
}

#[test]
fn different_values_of_one_header_or_parameter_keep_routes_apart() {
    assert_eq!(meet(header("x-a", "1"), header("X-A", "2")), FINE);
    assert_eq!(meet(header("x-a", "1"), header("x-b", "2")), AMBIGUOUS);
    assert_eq!(meet(query("a", "1"), query("a", "2")), FINE);
    assert_eq!(meet(query("a", "1"), query("A", "2")), AMBIGUOUS);
}

#[test]
fn more_headers_go_first_and_more_parameters_then() {
    assert_eq!(meet(|_| {}, header("x-a", "1")), FINE);
    assert_eq!(meet(|_| {}, query("a", "1")), FINE);
    assert_eq!(meet(header("x-a", "1"), query("a", "1")), FINE);
}

#[test]
fn a_method_against_headers_is_refused_since_gateways_differ() {
    let get = |spec: &mut RouteInput| spec.methods = vec![Method::Get];
    assert_eq!(meet(get, |_| {}), FINE);
    assert_eq!(meet(get, header("x-a", "1")), AMBIGUOUS);
    let two = |spec: &mut RouteInput| {
        header("x-a", "1")(spec);
        header("x-b", "1")(spec);
    };
    assert_eq!(meet(get, two), AMBIGUOUS);
    let post = |spec: &mut RouteInput| spec.methods = vec![Method::Post];
    assert_eq!(meet(get, post), FINE);
}

#[test]
fn routes_of_different_hosts_never_meet() {
    assert_eq!(meet(hosts(&["a.example.com"]), hosts(&["b.example.com"])), FINE);
    assert_eq!(meet(hosts(&["*.example.com"]), hosts(&["b.example.com"])), AMBIGUOUS);
    assert_eq!(meet(hosts(&["a.example.com"]), hosts(&[])), AMBIGUOUS);
}

#[test]
fn two_answers_to_one_preflight_are_refused() {
    let found = |second: &'static str| {
        problems(|own| {
            for (service, method, origin) in [(0, Method::Get, "https://a.example.com"), (1, Method::Post, second)] {
                let part = &mut own.api_services[service];
                let spec = &mut part.routes[0].spec;
                (spec.path.kind, spec.path.value) = (PathMatchType::Exact, "/a".to_owned());
                spec.methods = vec![method];
                let cors = Cors {
                    allow_origins: vec![origin.to_owned()],
                    allow_methods: Vec::new(),
                    allow_headers: Vec::new(),
                    expose_headers: Vec::new(),
                    allow_credentials: false,
                    max_age_seconds: None,
                };
                let number = u16::try_from(service).unwrap();
                own.policies.push(fixture::policy(number, (Some(part.id), None), PolicySpec::Cors(cors)));
            }
        })
    };
    assert_eq!(found("https://b.example.com"), AMBIGUOUS);
    assert_eq!(found("https://a.example.com"), FINE);
}
