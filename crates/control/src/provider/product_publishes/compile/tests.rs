use jiff::Timestamp;
use switchtower_domain::{
    actor::Actor,
    api_service::{
        ApiService, ApiServiceInput, BackendInput, BackendRef, Definition, Endpoint, PathMatch, PathMatchType,
        RouteInput, Scheme,
    },
    change::Stamp,
    cluster::{Cluster, ClusterInput},
    gateway::{Gateway, GatewayClass, GatewayInput, Listener, Protocol},
    id::{BackendId, Id, Prefixed, RouteId},
    name::{Labels, Name},
    product::{Product, ProductInput},
    product_publish::{Environment, ProductPublishInput, PublishSettings},
    resource::{Editable, Kind},
    tenant::TenantId,
};

use super::*;

fn stamp() -> Stamp {
    Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::System("test".to_owned()) }
}

fn id<K: Prefixed>(number: u128) -> Id<K> {
    Id::from_parts(1_760_000_000_000, number)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn made<K: Editable>(number: u128, input: K::Input) -> Resource<K> {
    Resource::<K>::create(id(number), TenantId::nil(), input, &stamp()).unwrap().after().unwrap().clone()
}

fn route(number: u128, text: &str, path: &str) -> RouteInput {
    let path = PathMatch { kind: PathMatchType::Exact, value: path.to_owned() };
    RouteInput::new(name(text), path, vec![BackendRef { backend_id: id(number), weight: 1 }])
}

fn definition(path: &str) -> Definition {
    let endpoints = vec![Endpoint::new("orders.example".to_owned(), 80)];
    let backend = BackendInput::new(name("main"), Scheme::Http, endpoints);
    let backend_id: BackendId = id(1);
    let route_id: RouteId = id(2);
    Definition::default()
        .put_backend(backend_id, backend)
        .and_then(|definition| definition.put_route(route_id, route(1, "list", path)))
        .unwrap()
}

fn activated<K: Kind>(change: switchtower_domain::change::Change<K>) -> Resource<K> {
    change.after().unwrap().clone()
}

fn publish() -> Resource<ProductPublish> {
    made(
        1,
        ProductPublishInput {
            name: name("orders-prod"),
            labels: Labels::default(),
            product_id: id(2),
            gateway_id: id(3),
            cluster_id: id(4),
            settings: PublishSettings {
                hostnames: vec!["orders.example.com".to_owned()],
                ..PublishSettings::of(Environment::Prod)
            },
        },
    )
}

fn sources(path: &str) -> Sources {
    let (labels, description) = (Labels::default(), None);
    let listener = Listener { name: name("http"), port: 80, protocol: Protocol::Http, hostname: None, tls: None };
    let gateway = made::<Gateway>(
        3,
        GatewayInput {
            name: name("edge"),
            labels: labels.clone(),
            description: None,
            class: GatewayClass::Envoy,
            listeners: vec![listener],
            client: None,
        },
    );
    let product = made::<Product>(
        2,
        ProductInput {
            name: name("shop"),
            labels: labels.clone(),
            version: None,
            description: None,
            categories: vec![],
            api_services: vec![id(5)],
            docs_url: None,
            logo_url: None,
        },
    );
    let input = ClusterInput {
        name: name("eu-1"),
        labels: labels.clone(),
        description: None,
        region: None,
        cloud_provider: None,
    };
    let service = made::<ApiService>(5, ApiServiceInput { name: name("orders"), labels, version: None, description });
    let definition = definition(path);
    let service = activated(service.redefine(
        &definition,
        &stamp(),
        switchtower_domain::event::EventDraft::new("api_service.imported"),
    ));
    Sources {
        product: activated(product.activate(&stamp()).unwrap()),
        gateway: activated(gateway.activate(&stamp()).unwrap()),
        cluster: made::<Cluster>(4, input),
        deployment: None,
        services: vec![(activated(service.activate(&stamp()).unwrap()), definition)],
        provider: "acme".parse().unwrap(),
        policies: vec![],
    }
}

/// Pointers and codes of what is in the way.
fn told(error: Error) -> Vec<(String, String)> {
    match error {
        Error::NotPublishable(errors) => {
            errors.into_vec().into_iter().map(|error| (error.pointer, error.code)).collect()
        }
        error => panic!("{error}"),
    }
}

#[test]
fn equal_desired_states_have_equal_digests() {
    let compiled = compile(&publish(), &sources("/orders"), id(9)).unwrap();
    assert_eq!(compile(&publish(), &sources("/orders"), id(9)).unwrap(), compiled);
    let snapshot: Snapshot = serde_json::from_slice(&compiled.json).unwrap();
    assert_eq!(serde_json::to_vec(&snapshot).unwrap(), compiled.json);
}

#[test]
fn only_what_matters_in_the_cluster_changes_the_digest() {
    let compiled = compile(&publish(), &sources("/orders"), id(9)).unwrap();
    let mut touched = sources("/orders");
    touched.product.body.description = Some("for people".to_owned());
    touched.product.revision = touched.product.revision.next();
    assert_eq!(compile(&publish(), &touched, id(9)).unwrap().digest, compiled.digest);
    assert_ne!(compile(&publish(), &sources("/other"), id(9)).unwrap().digest, compiled.digest);
}

#[test]
fn everything_that_is_in_the_way_is_told_at_once() {
    let mut sources = sources("/orders");
    sources.product = activated(sources.product.back_to_draft(&stamp()).unwrap());
    sources.gateway = activated(sources.gateway.deactivate(&stamp()).unwrap());
    let (service, definition) = sources.services.remove(0);
    let emptied = definition.remove_route(id(2)).unwrap();
    sources.services.push((activated(service.deactivate(&stamp()).unwrap()), emptied));
    let told = told(compile(&publish(), &sources, id(9)).unwrap_err());
    let codes: Vec<_> = told.iter().map(|(_, code)| code.as_str()).collect();
    assert_eq!(codes, ["product_not_active", "gateway_not_active", "api_service_not_active", "no_routes"]);
    assert!(told[3].0.starts_with("/api_service/api_") && told[3].0.ends_with("/routes"), "{told:?}");
}

#[test]
fn a_product_without_api_services_is_refused() {
    let mut sources = sources("/orders");
    sources.services.clear();
    sources.product.body.api_services.clear();
    assert_eq!(told(compile(&publish(), &sources, id(9)).unwrap_err())[0].1, "no_api_services");
}

#[test]
fn a_chosen_api_service_that_the_product_lacks_is_refused_at_its_place() {
    let mut publish = publish();
    publish.body.settings.api_service_ids = vec![id(5), id(6)];
    let told = told(compile(&publish, &sources("/orders"), id(9)).unwrap_err());
    let pointer = format!("/product_publish/{}/api_service_ids/1", publish.id);
    assert_eq!(told, [(pointer, "unknown_api_service".to_owned())]);
}

#[test]
fn what_a_gateway_cannot_tell_apart_is_refused_by_route() {
    let mut sources = sources("/orders");
    let (service, definition) = sources.services.remove(0);
    let mut slower = route(1, "again", "/orders");
    slower.timeouts =
        Some(switchtower_domain::api_service::RouteTimeouts { request_ms: Some(500), backend_request_ms: None });
    sources.services.push((service, definition.put_route(id(3), slower).unwrap()));
    let told = told(compile(&publish(), &sources, id(9)).unwrap_err());
    assert!(told[0].0.starts_with("/route/rte_"), "{told:?}");
}

#[test]
fn a_snapshot_that_is_too_large_is_refused_with_its_size() {
    let mut sources = sources("/orders");
    let (service, mut definition) = sources.services.remove(0);
    for number in 0..1100 {
        let path = format!("/orders/{number}/{}", "x".repeat(1000));
        let input = route(1, &format!("route-{number}"), &path);
        definition = definition.put_route(id(10 + number), input).unwrap();
    }
    sources.services.push((service, definition));
    let error = compile(&publish(), &sources, id(9)).unwrap_err();
    assert!(matches!(error, Error::TooLarge { bytes, limit: MAX_BYTES, .. } if bytes > MAX_BYTES), "{error:?}");
}
