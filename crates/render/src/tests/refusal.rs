//! Whatever cannot be rendered is named: part, field, code.

mod features;
mod overlap;

use switchtower_domain::{
    api_service::{BackendTls, Endpoint, Method, PathMatchType, RouteTimeouts, Scheme},
    gateway::Listener,
    id::BackendId,
};
use switchtower_protocol::snapshot::Snapshot;

use crate::{Options, check, fixture, render};

/// What is wrong with the small snapshot after an edit, as `part pointer code`.
fn problems(edit: impl FnOnce(&mut Snapshot)) -> Vec<String> {
    let mut snapshot = fixture::small();
    edit(&mut snapshot);
    let Err(error) = check(&snapshot) else { return Vec::new() };
    assert!(error.problems().iter().all(|problem| problem.field.detail.ends_with('.')), "{error}");
    let line = |problem: &crate::Problem| {
        let part = problem.subject.to_string();
        let part = part.split(" (").next().unwrap();
        format!("{part} {} {}", problem.field.pointer, problem.field.code)
    };
    error.problems().iter().map(line).collect()
}

#[test]
fn the_small_snapshot_is_sound() {
    assert_eq!(problems(|_| {}), Vec::<String>::new());
}

#[test]
fn an_unknown_schema_is_refused() {
    assert_eq!(problems(|own| own.schema = 3), ["snapshot /schema unknown_schema"]);
}

#[test]
fn a_service_that_is_there_twice_is_refused() {
    let found = problems(|own| own.api_services.push(own.api_services[1].clone()));
    assert_eq!(found, ["snapshot /api_services/2/id duplicate"]);
}

#[test]
fn listeners_are_checked() {
    assert_eq!(problems(|own| own.gateway.listeners.clear())[0], "gateway `edge` /listeners length");
    let port = problems(|own| own.gateway.listeners[0].port = 0);
    assert_eq!(port, ["gateway `edge` /listeners/0/port range"]);
    let address = problems(|own| own.gateway.listeners[0].hostname = Some("10.0.0.1".to_owned()));
    assert_eq!(address[0], "gateway `edge` /listeners/0/hostname hostname");
    let tls = problems(|own| own.gateway.listeners[1].tls = None);
    assert_eq!(tls, ["gateway `edge` /listeners/1/tls required"]);
    let many = problems(|own| {
        let made = |number| Listener {
            name: fixture::name(&format!("l{number}")),
            port: number,
            ..own.gateway.listeners[0].clone()
        };
        own.gateway.listeners = (1..=65).map(made).collect();
    });
    assert_eq!(many, ["gateway `edge` /listeners length"]);
}

#[test]
fn host_names_need_a_listener_that_answers_them() {
    let found = problems(|own| drop(own.gateway.listeners.remove(0)));
    assert_eq!(found, ["publish `shop-prod` /hostnames/1 no_listener"]);
    let bad = problems(|own| own.publish.hostnames[0] = "API".to_owned());
    assert_eq!(bad, ["publish `shop-prod` /hostnames/0 hostname"]);
    let many = problems(|own| own.publish.hostnames = (0..17).map(|n| format!("h{n}.example.com")).collect());
    assert_eq!(many, ["publish `shop-prod` /hostnames too_many"]);
}

#[test]
fn backends_are_checked() {
    let host = problems(|own| own.api_services[1].backends[0].spec.endpoints[0].host = "a..b".to_owned());
    assert_eq!(host, ["backend `backend-3` /endpoints/0/host hostname"]);
    let empty = problems(|own| own.api_services[1].backends[0].spec.endpoints.clear());
    assert_eq!(empty, ["backend `backend-3` /endpoints length"]);
    let mixed = problems(|own| {
        let endpoint = Endpoint::new("10.0.0.1".to_owned(), 80);
        own.api_services[1].backends[0].spec.endpoints.push(endpoint);
    });
    assert_eq!(mixed, ["backend `backend-3` /endpoints mixed_addresses"]);
    let name = problems(|own| {
        own.api_services[0].backends[1].spec.tls =
            Some(BackendTls { sni: Some("10.0.0.1".to_owned()), insecure_skip_verify: false });
    });
    assert_eq!(name, ["backend `backend-2` /tls/sni hostname"]);
    let tls = problems(|own| own.api_services[0].backends[0].spec.scheme = Scheme::Https);
    assert_eq!(tls, Vec::<String>::new());
    let needless = problems(|own| own.api_services[0].backends[1].spec.scheme = Scheme::Http);
    assert_eq!(needless, ["backend `backend-2` /tls not_applicable"]);
}

#[test]
fn routes_are_checked() {
    fn edit(change: impl FnOnce(&mut switchtower_domain::api_service::RouteInput)) -> Vec<String> {
        problems(|own| change(&mut own.api_services[1].routes[0].spec))
    }
    assert_eq!(edit(|spec| spec.path.value = "/{id}".to_owned()), ["route `route-4` /path/value path"]);
    assert_eq!(edit(|spec| spec.path.value = format!("/{}", "a".repeat(1024))), ["route `route-4` /path/value length"]);
    let regex = edit(|spec| (spec.path.kind, spec.path.value) = (PathMatchType::Regex, "/(".to_owned()));
    assert_eq!(regex, ["route `route-4` /path/value regex"]);
    assert_eq!(edit(|spec| spec.methods = vec![Method::Get; 2]), ["route `route-4` /methods duplicate"]);
    let unknown = edit(|spec| spec.backend_refs[0].backend_id = BackendId::nil());
    assert_eq!(unknown, ["route `route-4` /backend_refs/0/backend_id unknown_backend"]);
    assert_eq!(edit(|spec| spec.backend_refs[0].weight = 0), ["route `route-4` /backend_refs no_weight"]);
    assert_eq!(edit(|spec| spec.backend_refs[0].weight = 1_000_001), ["route `route-4` /backend_refs/0/weight range"]);
    assert_eq!(
        edit(|spec| spec.backend_refs = vec![spec.backend_refs[0].clone(); 17]),
        ["route `route-4` /backend_refs length"]
    );
    let zero = edit(|spec| spec.timeouts = Some(RouteTimeouts { request_ms: Some(0), backend_request_ms: None }));
    assert_eq!(zero, ["route `route-4` /timeouts/request_ms range"]);
    let long = edit(|spec| spec.timeouts = Some(RouteTimeouts { request_ms: Some(1), backend_request_ms: Some(2) }));
    assert_eq!(long, ["route `route-4` /timeouts/backend_request_ms too_large"]);
}

#[test]
fn all_problems_are_told_at_once() {
    let found = problems(|own| {
        own.schema = 9;
        own.gateway.listeners[0].port = 0;
        own.api_services[1].routes[0].spec.path.value = "x".to_owned();
    });
    assert_eq!(found.len(), 3);
}

#[test]
fn routes_that_only_the_age_of_objects_would_decide_between_are_refused() {
    let meet = |kind, one: &str, other: &str, method: &[Method]| {
        problems(|own| {
            for (service, path) in [(0, one), (1, other)] {
                let spec = &mut own.api_services[service].routes[0].spec;
                (spec.path.kind, spec.path.value) = (kind, path.to_owned());
                spec.methods = method.to_vec();
            }
        })
    };
    let ambiguous = ["route `route-4` /path/value ambiguous"];
    let none = Vec::<String>::new();
    assert_eq!(meet(PathMatchType::Exact, "/a", "/a", &[]), ambiguous);
    assert_eq!(meet(PathMatchType::Exact, "/a", "/a/", &[]), none);
    assert_eq!(meet(PathMatchType::Prefix, "/a", "/a/", &[Method::Get]), ambiguous);
    assert_eq!(meet(PathMatchType::Regex, "/a/[^/]+/c", "/a/b/[^/]+", &[]), ambiguous);
    assert_eq!(meet(PathMatchType::Regex, "/a/[^/]+/c", "/b/[^/]+/c", &[]), none);
    assert_eq!(meet(PathMatchType::Regex, "/a/[^/]+/cd", "/a/b/[^/]+", &[]), none);
}

#[test]
fn routes_that_lead_to_the_same_place_may_overlap() {
    let found = problems(|own| {
        let twin = fixture::route(9, PathMatchType::Exact, "/v1/orders", &[Method::Get], &[]);
        let refs = own.api_services[0].routes[0].spec.backend_refs.clone();
        own.api_services[0].routes.push(twin);
        own.api_services[0].routes.last_mut().unwrap().spec.backend_refs = refs;
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn more_objects_than_a_report_can_name_are_refused() {
    let snapshot = {
        let backends = |service: u16| {
            (0..100).map(|n| fixture::backend(service * 100 + n, Scheme::Http, "a.example.com", 80)).collect()
        };
        let services = (0..21).map(|n| fixture::api_service(n, &format!("service-{n}"), backends(n), vec![])).collect();
        fixture::snapshot(services)
    };
    let error = check(&snapshot).unwrap_err();
    assert_eq!(error.problems()[0].field.code, "too_many_objects");
}

#[test]
fn names_that_would_collide_are_refused() {
    let found = problems(|own| {
        // The same last forty bits, and words that are cut before they differ.
        own.publish.name = "p".repeat(63).parse().unwrap();
        own.api_services[1].backends[0].id = BackendId::from_parts(7, 100_001);
        own.api_services[1].routes[0].spec.backend_refs[0].backend_id = BackendId::from_parts(7, 100_001);
    });
    assert_eq!(found, ["snapshot /api_services name_collision"]);
}

#[test]
fn options_are_checked() {
    let options =
        Options { namespace: "Not A Namespace".to_owned(), envoy_gateway_class: String::new(), ..Options::default() };
    let error = render(&fixture::small(), &options).unwrap_err();
    let pointers: Vec<_> = error.problems().iter().map(|problem| problem.field.pointer.as_str()).collect();
    assert_eq!(pointers, ["/namespace", "/envoy_gateway_class"]);
    assert_eq!(error.to_string(), "cannot render: options /namespace: A namespace is an RFC 1123 label. (and 1 more)");
}
