//! What policies, backends, authentication and gateways ask for and cannot get.

use switchtower_domain::{
    api_service::{BackendTimeouts, Method, PathMatchType, Scheme, ValueMatchType},
    gateway::ClientSettings,
    policy::{
        Cors, HeaderChanges, HeaderModifier, HeaderValue, PathRewrite, PathRewriteType, PolicySpec, RateLimit,
        RateUnit, UrlRewrite,
    },
    product_publish::{ApiKeyAuth, Auth, JwtAuth},
    traffic::{CircuitBreaker, Retry},
};

use super::problems;
use crate::fixture;

/// What is wrong with the small snapshot when a policy is about all of its routes.
fn with_policy(spec: PolicySpec) -> Vec<String> {
    problems(|own| own.policies.push(fixture::policy(1, (None, None), spec)))
}

fn headers(value: &str) -> PolicySpec {
    let set = vec![HeaderValue { name: "x-a".to_owned(), value: value.to_owned() }];
    let request = HeaderChanges { set, ..HeaderChanges::default() };
    PolicySpec::HeaderModifier(HeaderModifier { request, response: HeaderChanges::default() })
}

fn cors() -> Cors {
    Cors {
        allow_origins: vec!["https://app.example.com".to_owned()],
        allow_methods: Vec::new(),
        allow_headers: Vec::new(),
        expose_headers: Vec::new(),
        allow_credentials: false,
        max_age_seconds: None,
    }
}

#[test]
fn what_envoy_gateway_cannot_do_is_refused_at_the_field() {
    let priority = problems(|own| own.api_services[1].routes[0].spec.priority = 1);
    assert_eq!(priority, ["route `route-4` /priority not_supported"]);
    let weight = problems(|own| own.api_services[1].backends[0].spec.endpoints[0].weight = Some(2));
    assert_eq!(weight, ["backend `backend-3` /endpoints/0/weight not_supported"]);
    let limit = RateLimit { requests: 1, unit: RateUnit::Second, burst: Some(2) };
    let burst = with_policy(PolicySpec::RateLimit(limit));
    assert_eq!(burst, ["policy `policy-1` /spec/rate_limit/burst not_supported"]);
    let client = |client: ClientSettings| problems(|own| own.gateway.client = Some(client));
    let body = client(ClientSettings { max_body_bytes: Some(1), ..ClientSettings::default() });
    assert_eq!(body, ["gateway `edge` /client/max_body_bytes not_supported"]);
    let time = client(ClientSettings { header_timeout_ms: Some(1), ..ClientSettings::default() });
    assert_eq!(time, ["gateway `edge` /client/header_timeout_ms not_supported"]);
}

#[test]
fn backends_of_one_route_are_alike() {
    let retry = Retry { attempts: 1, retry_on: Vec::new(), per_try_timeout_ms: None };
    let settings = problems(|own| own.api_services[0].backends[1].spec.retry = Some(retry));
    assert_eq!(settings, ["route `route-3` /backend_refs not_supported"]);
    let grpc = problems(|own| own.api_services[0].backends[1].spec.scheme = Scheme::Grpcs);
    assert_eq!(grpc, ["route `route-3` /backend_refs not_supported"]);
}

#[test]
fn values_that_envoy_gateway_cannot_hold_are_refused() {
    for value in ["100%", "a  b"] {
        let found = with_policy(headers(value));
        assert_eq!(found, ["policy `policy-1` /spec/header_modifier/request/set/0/value not_supported"], "{value}");
    }
    let age = with_policy(PolicySpec::Cors(Cors { max_age_seconds: Some(0), ..cors() }));
    assert_eq!(age, ["policy `policy-1` /spec/cors/max_age_seconds not_supported"]);
    let expose_headers = vec!["*".to_owned(), "authorization".to_owned()];
    let mixed = with_policy(PolicySpec::Cors(Cors { expose_headers, ..cors() }));
    assert_eq!(mixed, ["policy `policy-1` /spec/cors/expose_headers not_supported"]);
}

#[test]
fn policies_are_checked_whether_they_take_effect_or_not() {
    let limit = with_policy(PolicySpec::RateLimit(RateLimit { requests: 0, unit: RateUnit::Day, burst: None }));
    assert_eq!(limit, ["policy `policy-1` /spec/rate_limit/requests range"]);
    let breaker = CircuitBreaker { max_retries: Some(0), ..CircuitBreaker::default() };
    let breaker = with_policy(PolicySpec::CircuitBreaker(breaker));
    assert_eq!(breaker, ["policy `policy-1` /spec/circuit_breaker/max_retries range"]);
    for value in ["", " a", "\u{e9}", "a\nb"] {
        let found = with_policy(headers(value));
        assert_eq!(found, ["policy `policy-1` /spec/header_modifier/request/set/0/value header_value"], "{value:?}");
    }
    let none = with_policy(PolicySpec::Cors(Cors { allow_origins: Vec::new(), ..cors() }));
    assert_eq!(none, ["policy `policy-1` /spec/cors/allow_origins length"]);
    let homeless = problems(|own| {
        let route = own.api_services[0].routes[0].id;
        let spec = PolicySpec::Cors(cors());
        own.policies.push(fixture::policy(1, (None, Some(route)), spec));
    });
    assert_eq!(homeless, ["policy `policy-1` /api_service_id required"]);
}

#[test]
fn a_prefix_is_replaced_only_where_one_is_matched() {
    let rewrite = |kind, value: &str| {
        let path = Some(PathRewrite { kind, value: value.to_owned() });
        PolicySpec::UrlRewrite(UrlRewrite { hostname: None, path })
    };
    let wide = with_policy(rewrite(PathRewriteType::ReplacePrefix, "/v2"));
    assert_eq!(wide, ["policy `policy-1` /spec/url_rewrite/path/type not_applicable"]);
    let narrow = problems(|own| {
        let scope = (Some(own.api_services[0].id), Some(own.api_services[0].routes[2].id));
        own.policies.push(fixture::policy(1, scope, rewrite(PathRewriteType::ReplacePrefix, "/v2")));
    });
    assert_eq!(narrow, Vec::<String>::new());
    let path = with_policy(rewrite(PathRewriteType::ReplaceFull, "/a?b"));
    assert_eq!(path, ["policy `policy-1` /spec/url_rewrite/path/value path"]);
    let group = with_policy(rewrite(PathRewriteType::ReplaceFull, r"/a\1"));
    assert_eq!(group, ["policy `policy-1` /spec/url_rewrite/path/value not_supported"]);
}

#[test]
fn matches_and_settings_are_bounded() {
    let header = |name: &str, kind, value: Option<&str>| {
        let one = fixture::value_match(name, kind, value);
        problems(|own| own.api_services[1].routes[0].spec.headers = vec![one])
    };
    assert_eq!(header("a b", ValueMatchType::Present, None), ["route `route-4` /headers/0/name header_name"]);
    assert_eq!(header("a", ValueMatchType::Exact, Some("")), ["route `route-4` /headers/0/value length"]);
    assert_eq!(header("a", ValueMatchType::Regex, Some("(")), ["route `route-4` /headers/0/value regex"]);
    let many = problems(|own| {
        let make = |n| fixture::value_match(&format!("q{n}"), ValueMatchType::Present, None);
        own.api_services[1].routes[0].spec.query_params = (0..17).map(make).collect();
    });
    assert_eq!(many, ["route `route-4` /query_params length"]);
    let times = BackendTimeouts { connect_ms: Some(0), request_ms: None, idle_ms: Some(3_600_001) };
    let times = problems(|own| own.api_services[1].backends[0].spec.timeouts = Some(times));
    assert_eq!(
        times,
        ["backend `backend-3` /timeouts/connect_ms range", "backend `backend-3` /timeouts/idle_ms range"]
    );
    let draft = problems(|own| {
        own.api_services[1].routes[0].spec.status = switchtower_domain::api_service::RouteStatus::Inactive;
    });
    assert_eq!(draft, ["route `route-4` /status inactive"]);
}

#[test]
fn authentication_is_checked() {
    let key = ApiKeyAuth {
        headers: vec!["x-api-key".to_owned()],
        query_params: Vec::new(),
        credentials_ref: "Not A Secret".to_owned(),
        hide_credentials: true,
        client_id_header: Some("a:b".to_owned()),
    };
    let key = problems(|own| own.publish.auth = Auth::ApiKey(key));
    let publish = "publish `shop-prod` /auth";
    assert_eq!(
        key,
        [format!("{publish}/api_key/credentials_ref name"), format!("{publish}/api_key/client_id_header header_name")]
    );
    for uri in ["http://a.example.com/keys", "https:///keys", "https://a b.example.com/"] {
        let jwt = JwtAuth {
            issuer: "https://a.example.com".to_owned(),
            audiences: Vec::new(),
            jwks_uri: uri.to_owned(),
            scopes: Vec::new(),
            claim_to_headers: Vec::new(),
        };
        let found = problems(|own| own.publish.auth = Auth::Jwt(jwt));
        assert_eq!(found, [format!("{publish}/jwt/jwks_uri uri")], "{uri}");
    }
}

#[test]
fn a_route_answers_only_names_that_are_published_and_listened_to() {
    let names = |publish: &[&str], route: &[&str]| {
        problems(|own| {
            own.gateway.listeners[0].hostname = Some("*.example.com".to_owned());
            own.publish.hostnames = publish.iter().map(|name| (*name).to_owned()).collect();
            own.api_services[1].routes[0].spec.hostnames = route.iter().map(|name| (*name).to_owned()).collect();
        })
    };
    assert_eq!(names(&["*.example.com"], &["a.example.com", "*.b.example.com"]), Vec::<String>::new());
    assert_eq!(names(&["a.example.com"], &["b.example.com"]), ["route `route-4` /hostnames/0 not_published"]);
    assert_eq!(names(&["a.example.com"], &["*.example.com"]), ["route `route-4` /hostnames/0 not_published"]);
    assert_eq!(names(&[], &["a.example.com", "a.example.org"]), ["route `route-4` /hostnames/1 no_listener"]);
    let many: Vec<_> = (0..17).map(|number| format!("h{number}.example.com")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(names(&[], &many), ["route `route-4` /hostnames too_many"]);
}

#[test]
fn a_deployment_names_only_so_many_hosts() {
    let found = problems(|own| {
        own.publish.hostnames.clear();
        let route = own.api_services[1].routes[0].clone();
        own.api_services[1].routes = (0..17_u16)
            .map(|number| {
                let mut route = fixture::route(100 + number, PathMatchType::Exact, "/a", &[Method::Get], &[]);
                route.spec.backend_refs = own.api_services[1].routes[0].spec.backend_refs.clone();
                route.spec.hostnames = (0..16).map(|host| format!("h{number}-{host}.example.com")).collect();
                route
            })
            .collect();
        own.api_services[1].routes.push(route);
    });
    assert_eq!(found, ["route `route-116` /hostnames too_many"]);
}
