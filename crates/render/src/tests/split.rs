use switchtower_domain::api_service::{Method, PathMatchType, RouteTimeouts, Scheme};

use super::invariants::{self, list, of_kind};
use crate::{Options, fixture, render};

#[test]
fn a_thousand_routes_are_split_over_few_http_routes() {
    let snapshot = fixture::large(1000);
    let rendered = render(&snapshot, &Options::default()).unwrap();
    invariants::assert_all(&snapshot, &rendered);
    // 2,500 matches, 128 at most in one HTTPRoute.
    assert!((20..=24).contains(&of_kind(&rendered, "HTTPRoute").count()));
}

#[test]
fn routes_that_have_nothing_in_common_get_a_rule_each() {
    let mut snapshot = fixture::large(40);
    for (route, time) in snapshot.api_services[0].routes.iter_mut().zip(1..) {
        route.spec.timeouts = Some(RouteTimeouts { request_ms: Some(time), backend_request_ms: None });
    }
    let rendered = render(&snapshot, &Options::default()).unwrap();
    invariants::assert_all(&snapshot, &rendered);
    let rules: Vec<_> =
        of_kind(&rendered, "HTTPRoute").map(|object| list(&object.manifest["spec"], "rules").len()).collect();
    assert_eq!(rules, [16, 16, 8]);
}

#[test]
fn a_route_is_never_split_between_rules() {
    let backend = fixture::backend(1, Scheme::Http, "a.example.com", 80);
    let methods = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    let make = |number| fixture::route(number, PathMatchType::Exact, &format!("/{number}"), &methods, &[&backend]);
    let routes = (1..=13).map(make).collect();
    let snapshot = fixture::snapshot(vec![fixture::api_service(1, "orders", vec![backend.clone()], routes)]);
    let rendered = render(&snapshot, &Options::default()).unwrap();
    let spec = &of_kind(&rendered, "HTTPRoute").next().unwrap().manifest["spec"];
    let matches: Vec<_> = list(spec, "rules").iter().map(|rule| list(rule, "matches").len()).collect();
    assert_eq!(matches, [60, 5]);
}

#[test]
fn a_service_without_routes_keeps_its_backends() {
    let backend = fixture::backend(1, Scheme::Http, "a.example.com", 80);
    let snapshot = fixture::snapshot(vec![fixture::api_service(1, "orders", vec![backend], vec![])]);
    let kinds: Vec<_> = render(&snapshot, &Options::default()).unwrap().objects.iter().map(|own| own.kind).collect();
    assert_eq!(kinds, ["Gateway", "Backend"]);
}
