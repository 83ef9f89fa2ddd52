//! A snapshot that asks for all that the class can do, and is hostile about it.

use switchtower_domain::{
    api_service::{
        Backend, BackendTimeouts, BackendTls, Endpoint, Method, PathMatchType, Route, RouteTimeouts, Scheme,
        ValueMatch, ValueMatchType,
    },
    gateway::{ClientSettings, GatewayClass, Listener, ListenerTls, Protocol, TlsVersion},
    policy::{
        Cors, HeaderChanges, HeaderModifier, HeaderValue, PathRewrite, PathRewriteType, PolicyId, PolicySpec,
        RateLimit, RateUnit, Rule, UrlRewrite,
    },
    product_publish::{ApiKeyAuth, Auth},
    traffic::{CircuitBreaker, HashOn, HashOnType, LoadBalancing, LoadBalancingPolicy, Retry, RetryOn},
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use crate::fixture;

/// Text that would change the configuration, were it not kept in its quotes.
pub(super) const HOSTILE: &str = r#"x"; } return 200 '$uri'; # \" \ ${host} {"#;

fn wanted(name: &str, kind: ValueMatchType, value: Option<&str>) -> ValueMatch {
    ValueMatch { name: name.to_owned(), kind, value: value.map(str::to_owned) }
}

fn header(name: &str, value: &str) -> HeaderValue {
    HeaderValue { name: name.to_owned(), value: value.to_owned() }
}

fn rule(number: u128, service: &ApiServicePart, route: Option<&Route>, spec: PolicySpec) -> Rule {
    Rule {
        id: PolicyId::from_parts(1, number),
        name: fixture::name(&format!("policy-{number}")),
        api_service_id: Some(service.id),
        route_id: route.map(|route| route.id),
        priority: 0,
        spec,
    }
}

fn backends() -> Vec<Backend> {
    let mut plain = fixture::backend(1, Scheme::Http, "127.0.0.1", 8080);
    plain.spec.endpoints.push(Endpoint { weight: Some(3), ..Endpoint::new("::1".to_owned(), 8081) });
    plain.spec.load_balancing = Some(LoadBalancing {
        policy: LoadBalancingPolicy::ConsistentHash,
        hash_on: Some(HashOn { kind: HashOnType::Cookie, name: Some("session".to_owned()) }),
    });
    plain.spec.retry = Some(Retry {
        attempts: 4,
        retry_on: vec![RetryOn::Reset, RetryOn::GatewayError, RetryOn::RateLimited],
        per_try_timeout_ms: Some(700),
    });
    plain.spec.timeouts = Some(BackendTimeouts { connect_ms: Some(300), request_ms: Some(900), idle_ms: Some(5_000) });
    let mut secure = fixture::backend(2, Scheme::Https, "127.0.0.1", 8443);
    secure.spec.tls = Some(BackendTls { sni: Some("orders.example.com".to_owned()), insecure_skip_verify: false });
    secure.spec.load_balancing = Some(LoadBalancing { policy: LoadBalancingPolicy::LeastRequest, hash_on: None });
    secure.spec.circuit_breaker =
        Some(CircuitBreaker { max_connections: Some(9), max_requests: Some(7), ..CircuitBreaker::default() });
    let mut calls = fixture::backend(3, Scheme::Grpcs, "127.0.0.1", 9443);
    calls.spec.tls = Some(BackendTls { sni: None, insecure_skip_verify: true });
    calls.spec.load_balancing = Some(LoadBalancing { policy: LoadBalancingPolicy::Random, hash_on: None });
    vec![plain, secure, calls]
}

fn routes(backends: &[Backend]) -> Vec<Route> {
    let [plain, secure, calls] = backends else { unreachable!() };
    let mut matched = fixture::route(1, PathMatchType::Exact, "/a%20b/$uri", &[Method::Get], &[plain]);
    matched.spec.headers = vec![
        wanted("X-Tier", ValueMatchType::Exact, Some(HOSTILE)),
        wanted("x-trace", ValueMatchType::Present, None),
        wanted("X-Beta", ValueMatchType::Regex, Some("(on|yes)\"?")),
    ];
    matched.spec.query_params = vec![wanted("v.$", ValueMatchType::Exact, Some("1 \"2\"/$"))];
    matched.spec.priority = 7;
    let mut split = fixture::route(2, PathMatchType::Prefix, "/v1/", &[], &[plain, secure]);
    (split.spec.backend_refs[0].weight, split.spec.backend_refs[1].weight) = (2, 1);
    split.spec.hostnames = vec!["shop.example.com".to_owned()];
    split.spec.timeouts = Some(RouteTimeouts { request_ms: Some(2_000), backend_request_ms: Some(1_000) });
    let regex = fixture::route(3, PathMatchType::Regex, r"/v1/[^/]+/(a|b){1,2}\.json", &[Method::Options], &[secure]);
    let grpc = fixture::route(4, PathMatchType::Prefix, "/shop.Orders", &[Method::Post], &[calls]);
    let root = fixture::route(5, PathMatchType::Prefix, "/", &[Method::Get, Method::Head], &[plain]);
    vec![matched, split, regex, grpc, root]
}

fn policies(service: &ApiServicePart) -> Vec<Rule> {
    let own = &service.routes;
    let limit = RateLimit { requests: 90, unit: RateUnit::Minute, burst: Some(5) };
    let cors = Cors {
        allow_origins: vec!["https://*.example.com".to_owned(), "http://localhost:3000".to_owned()],
        allow_methods: vec!["GET".to_owned(), "PUT".to_owned()],
        allow_headers: vec!["X-$Strange'".to_owned()],
        expose_headers: vec!["X-Total".to_owned()],
        allow_credentials: true,
        max_age_seconds: Some(600),
    };
    let request = HeaderChanges {
        set: vec![header("X-Set", HOSTILE)],
        add: vec![header("X-Add", HOSTILE)],
        remove: vec!["X-Gone".to_owned()],
    };
    let response = HeaderChanges {
        set: vec![header("X-Set", HOSTILE)],
        add: vec![header("Set-Cookie", "a=b")],
        remove: vec!["X-Powered-By".to_owned()],
    };
    let rewrite = |hostname: Option<&str>, kind, value: &str| {
        let path = Some(PathRewrite { kind, value: value.to_owned() });
        PolicySpec::UrlRewrite(UrlRewrite { hostname: hostname.map(str::to_owned), path })
    };
    let prefix = rewrite(Some("inside.example.com"), PathRewriteType::ReplacePrefix, "/new/$1/%3F;%7D");
    vec![
        rule(1, service, None, PolicySpec::RateLimit(limit)),
        rule(2, service, None, PolicySpec::Cors(cors)),
        rule(3, service, Some(&own[1]), PolicySpec::HeaderModifier(HeaderModifier { request, response })),
        rule(4, service, Some(&own[1]), prefix),
        rule(5, service, Some(&own[0]), rewrite(None, PathRewriteType::ReplaceFull, "/one%22%7B$uri%7D%0A")),
    ]
}

/// All of it.
pub(super) fn snapshot() -> Snapshot {
    let backends = backends();
    let routes = routes(&backends);
    let service = fixture::api_service(1, "shop", backends, routes);
    let policies = policies(&service);
    let mut snapshot = fixture::snapshot(vec![service]);
    snapshot.policies = policies;
    snapshot.gateway.class = GatewayClass::Nginx;
    snapshot.gateway.client = Some(ClientSettings {
        header_timeout_ms: Some(5_000),
        idle_timeout_ms: Some(30_000),
        max_body_bytes: Some(1_048_576),
        ..ClientSettings::default()
    });
    snapshot.gateway.listeners.push(Listener {
        name: fixture::name("https"),
        port: 443,
        protocol: Protocol::Https,
        hostname: Some("*.example.com".to_owned()),
        tls: Some(ListenerTls { min_version: Some(TlsVersion::V1_3), ..ListenerTls::new("edge".to_owned()) }),
    });
    snapshot.publish.auth = Auth::ApiKey(ApiKeyAuth {
        headers: vec!["X-Api-Key".to_owned(), "Authorization".to_owned()],
        query_params: vec!["key".to_owned()],
        credentials_ref: "shop-clients".to_owned(),
        hide_credentials: true,
        client_id_header: Some("X-Client-Id".to_owned()),
    });
    snapshot
}
