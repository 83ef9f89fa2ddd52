//! Ready-made snapshots for tests.

mod full;

use switchtower_domain::{
    api_service::{
        ApiServiceId, Backend, BackendInput, BackendRef, BackendTls, Endpoint, Method, PathMatch, PathMatchType, Route,
        RouteInput, RouteTimeouts, Scheme,
    },
    cluster::ClusterId,
    deployment::DeploymentId,
    gateway::{GatewayClass, GatewayId, Listener, ListenerTls, Protocol},
    id::{BackendId, RouteId},
    name::Name,
    product::ProductId,
    product_publish::{Auth, DriftPolicy, Environment, ProductPublishId},
    tenant::TenantId,
};
use switchtower_protocol::snapshot::{ApiServicePart, GatewayPart, ProductPart, PublishPart, SCHEMA, Snapshot};

pub use self::full::{full, policy, value_match};

/// The time at which everything here was made.
const MADE: u64 = 1_760_000_000_000;

/// A name, of any text.
pub fn name(text: &str) -> Name {
    Name::slugify(text, "unnamed")
}

/// A snapshot of these API services behind one HTTP listener.
pub fn snapshot(api_services: Vec<ApiServicePart>) -> Snapshot {
    let listener = Listener { name: name("http"), port: 80, protocol: Protocol::Http, hostname: None, tls: None };
    Snapshot {
        schema: SCHEMA,
        tenant_id: TenantId::from_parts(MADE, 1),
        cluster_id: ClusterId::from_parts(MADE, 2),
        deployment_id: DeploymentId::from_parts(MADE, 3),
        publish: PublishPart {
            id: ProductPublishId::from_parts(MADE, 4),
            name: name("shop-prod"),
            environment: Environment::Prod,
            hostnames: Vec::new(),
            auth: Auth::None,
            drift: DriftPolicy::Correct,
        },
        product: ProductPart { id: ProductId::from_parts(MADE, 5), name: name("shop"), version: None },
        gateway: GatewayPart {
            id: GatewayId::from_parts(MADE, 6),
            name: name("edge"),
            class: GatewayClass::Envoy,
            listeners: vec![listener],
            client: None,
        },
        api_services,
        policies: Vec::new(),
    }
}

/// An API service; `number` makes its id.
pub fn api_service(number: u16, text: &str, backends: Vec<Backend>, routes: Vec<Route>) -> ApiServicePart {
    let id = ApiServiceId::from_parts(MADE, 1000 + u128::from(number));
    ApiServicePart { id, name: name(text), version: None, routes, backends }
}

/// A backend with one endpoint; `number` makes its id and name.
pub fn backend(number: u16, scheme: Scheme, host: &str, port: u16) -> Backend {
    let endpoints = vec![Endpoint::new(host.to_owned(), port)];
    let spec = BackendInput::new(name(&format!("backend-{number}")), scheme, endpoints);
    Backend::new(BackendId::from_parts(MADE, 100_000 + u128::from(number)), spec)
}

/// A route to these backends, each with weight 1; `number` makes its id and name.
pub fn route(number: u16, kind: PathMatchType, path: &str, methods: &[Method], backends: &[&Backend]) -> Route {
    let references = backends.iter().map(|backend| BackendRef { backend_id: backend.id, weight: 1 });
    let path = PathMatch { kind, value: path.to_owned() };
    let mut spec = RouteInput::new(name(&format!("route-{number}")), path, references.collect());
    spec.methods = methods.to_vec();
    Route::new(RouteId::from_parts(MADE, 200_000 + u128::from(number)), spec)
}

/// A little of everything that a snapshot can say.
pub fn small() -> Snapshot {
    let orders = backend(1, Scheme::Https, "Orders.internal.example.com", 443);
    let canary = Backend {
        spec: BackendInput {
            tls: Some(BackendTls { sni: Some("orders.internal.example.com".to_owned()), insecure_skip_verify: false }),
            endpoints: vec![Endpoint::new("10.0.0.7".to_owned(), 8443), Endpoint::new("2001:db8::7".to_owned(), 8443)],
            ..backend(2, Scheme::Https, "", 0).spec
        },
        ..backend(2, Scheme::Https, "", 0)
    };
    let stock = backend(3, Scheme::Http, "stock.shop.svc.cluster.local", 8080);
    let mut split = route(3, PathMatchType::Prefix, "/v1/reports", &[], &[&orders, &canary]);
    if let [first, second] = split.spec.backend_refs.as_mut_slice() {
        (first.weight, second.weight) = (95, 5);
    }
    split.spec.timeouts = Some(RouteTimeouts { request_ms: Some(90_000), backend_request_ms: Some(1_500) });
    let routes = vec![
        route(1, PathMatchType::Exact, "/v1/orders", &[Method::Get, Method::Post], &[&orders]),
        route(2, PathMatchType::Regex, "/v1/orders/[^/]+", &[Method::Get, Method::Delete], &[&orders]),
        split,
    ];
    let levels = route(4, PathMatchType::Exact, "/v1/stock", &[Method::Get], &[&stock]);
    let mut orders = api_service(1, "orders", vec![orders, canary], routes);
    orders.version = Some("1.10".to_owned());
    let mut snapshot = snapshot(vec![orders, api_service(2, "stock", vec![stock], vec![levels])]);
    snapshot.product.version = Some("2026-03-01".to_owned());
    snapshot.publish.hostnames = vec!["api.example.com".to_owned(), "api.example.org".to_owned()];
    snapshot.gateway.listeners.push(Listener {
        name: name("https"),
        port: 443,
        protocol: Protocol::Https,
        hostname: Some("*.example.com".to_owned()),
        tls: Some(ListenerTls::new("edge-certificate".to_owned())),
    });
    snapshot
}

/// One API service with this many routes over three backends, as a large OpenAPI document makes it.
pub fn large(routes: u16) -> Snapshot {
    let backends: Vec<_> =
        (1..=3).map(|number| backend(number, Scheme::Https, &format!("b{number}.example.com"), 443)).collect();
    let methods = [Method::Get, Method::Post, Method::Patch, Method::Delete];
    let make = |number: u16| {
        let own: Vec<_> = backends.iter().skip(usize::from(number % 3)).take(1).collect();
        let methods = methods.get(..usize::from(1 + number % 4)).unwrap_or_default();
        if number.is_multiple_of(3) {
            route(number, PathMatchType::Exact, &format!("/v1/kind-{number}"), methods, &own)
        } else {
            let path = format!("/v1/kind-{number}/[^/]+/part/[^/]+");
            route(number, PathMatchType::Regex, &path, methods, &own)
        }
    };
    let routes = (1..=routes).map(make).collect();
    snapshot(vec![api_service(1, "large", backends, routes)])
}
