use super::*;
use crate::{id::BackendId, traffic::CircuitBreaker};

fn rule(number: u128, name: &str, service: Option<u128>, route: Option<u128>, priority: i16, spec: PolicySpec) -> Rule {
    Rule {
        id: PolicyId::from_parts(1, number),
        name: name.parse().unwrap(),
        api_service_id: service.map(|service| ApiServiceId::from_parts(1, service)),
        route_id: route.map(|route| RouteId::from_parts(1, route)),
        priority,
        spec,
    }
}

fn limit(requests: u32) -> PolicySpec {
    PolicySpec::RateLimit(RateLimit { requests, unit: RateUnit::Second, burst: None })
}

fn effective(rules: &[Rule], service: u128, route: u128) -> Vec<String> {
    let (service, route) = (ApiServiceId::from_parts(1, service), RouteId::from_parts(1, route));
    in_effect(rules, service, route).values().map(|rule| rule.name.to_string()).collect()
}

#[test]
fn the_narrowest_scope_takes_effect_then_priority_then_name() {
    let rules = [
        rule(1, "global-high", None, None, 100, limit(1)),
        rule(2, "service-b", Some(1), None, 5, limit(2)),
        rule(3, "service-a", Some(1), None, 5, limit(3)),
        rule(4, "service-low", Some(1), None, 4, limit(4)),
        rule(5, "route", Some(1), Some(7), -9, limit(5)),
        rule(6, "breaker", None, None, 0, PolicySpec::CircuitBreaker(CircuitBreaker::default())),
    ];
    assert_eq!(effective(&rules, 1, 7), ["route", "breaker"]);
    assert_eq!(effective(&rules, 1, 8), ["service-a", "breaker"]);
    assert_eq!(effective(&rules, 2, 7), ["global-high", "breaker"]);
}

#[test]
fn a_scope_wants_just_its_ids() {
    let input = |scope, service: bool, route: bool| PolicyInput {
        name: "limit".parse().unwrap(),
        labels: Labels::default(),
        description: None,
        scope,
        api_service_id: service.then(|| ApiServiceId::from_parts(1, 1)),
        route_id: route.then(|| RouteId::from_parts(1, 1)),
        priority: 0,
        enabled: true,
        spec: limit(1),
    };
    for (scope, service, route) in
        [(PolicyScope::Global, false, false), (PolicyScope::Service, true, false), (PolicyScope::Route, true, true)]
    {
        for (given_service, given_route) in [(false, false), (false, true), (true, false), (true, true)] {
            let fits = (given_service, given_route) == (service, route);
            assert_eq!(Policy::draft(input(scope, given_service, given_route)).is_ok(), fits);
        }
    }
}

#[test]
fn what_a_policy_cannot_mean_is_refused() {
    let refused = |json: &str| !serde_json::from_str::<PolicySpec>(json).unwrap().check().is_empty();
    assert!(refused(r#"{"cors": {"allow_origins": ["*"], "allow_credentials": true}}"#));
    assert!(refused(r#"{"cors": {"allow_origins": ["app.example.com"]}}"#));
    assert!(refused(r#"{"timeout": {"request_ms": 10, "backend_request_ms": 20}}"#));
    assert!(refused(r#"{"header_modifier": {}}"#));
    assert!(refused(r#"{"header_modifier": {"request": {"set": [{"name": "Host", "value": "x"}]}}}"#));
    assert!(refused(r#"{"header_modifier": {"request": {"remove": ["a", "A"]}}}"#));
    assert!(refused(r#"{"url_rewrite": {}}"#));
    assert!(!refused(r#"{"cors": {"allow_origins": ["https://*.example.com", "http://localhost:3000"]}}"#));
    assert!(serde_json::from_str::<PolicySpec>(r#"{"jwt_auth": {}}"#).is_err());
    let id = BackendId::from_parts(1, 1);
    assert!(
        serde_json::from_str::<PolicySpec>(&format!(r#"{{"retry": {{"attempts": 1, "backend": "{id}"}}}}"#)).is_err()
    );
}
