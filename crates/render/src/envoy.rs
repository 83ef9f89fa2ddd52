//! Objects for Envoy Gateway: those of the Gateway API, and its own.

mod action;
mod backend;
mod client;
mod filters;
mod gateway;
mod grant;
mod hosts;
mod http_route;
mod pack;
mod security;
mod traffic;

use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

pub(crate) use self::action::Action;
use self::{filters::Peers, hosts::Hosts, pack::Grouped};
use crate::{
    label, name,
    object::{Metadata, Object, Rendered},
    options::Options,
};

/// The group of Gateway, HTTPRoute, BackendTLSPolicy and ReferenceGrant.
const GATEWAY_API: &str = "gateway.networking.k8s.io";
/// The group of the rest.
const ENVOY_GATEWAY: &str = "gateway.envoyproxy.io";

const GATEWAY: (&str, &str) = ("gateway.networking.k8s.io/v1", "Gateway");
const HTTP_ROUTE: (&str, &str) = ("gateway.networking.k8s.io/v1", "HTTPRoute");
const BACKEND_TLS_POLICY: (&str, &str) = ("gateway.networking.k8s.io/v1", "BackendTLSPolicy");
/// The version that every release serves and Envoy Gateway watches.
const REFERENCE_GRANT: (&str, &str) = ("gateway.networking.k8s.io/v1beta1", "ReferenceGrant");
const BACKEND: (&str, &str) = ("gateway.envoyproxy.io/v1alpha1", "Backend");
const BACKEND_TRAFFIC_POLICY: (&str, &str) = ("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy");
const CLIENT_TRAFFIC_POLICY: (&str, &str) = ("gateway.envoyproxy.io/v1alpha1", "ClientTrafficPolicy");
const SECURITY_POLICY: (&str, &str) = ("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy");
const HTTP_ROUTE_FILTER: (&str, &str) = ("gateway.envoyproxy.io/v1alpha1", "HTTPRouteFilter");

/// The objects of a snapshot that has been checked.
pub(crate) fn render(snapshot: &Snapshot, options: &Options) -> Rendered {
    let backends = || snapshot.api_services.iter().flat_map(|part| part.backends.iter().map(move |own| (part, own)));
    let (hosts, mut http_routes) = (Hosts::of(snapshot), Vec::new());
    let mut traffic = Grouped::<_, Vec<String>>::default();
    let mut filtered = false;
    for service in &snapshot.api_services {
        let peers = Peers::of(snapshot, service);
        for (number, page) in pack::pack(snapshot, service, &hosts).into_iter().enumerate() {
            let name = name::http_route(snapshot, service, number);
            http_routes.push(http_route::render(snapshot, service, &page, &peers, name.clone(), options));
            filtered |= page.rules.iter().any(|rule| peers.are_named_apart(&rule.action));
            traffic.entry(page.traffic).push(name);
        }
    }
    let mut objects: Vec<Object> = grant::render(snapshot, options);
    objects.push(gateway::render(snapshot, options));
    objects.extend(client::render(snapshot, options));
    objects.extend(security::render(snapshot, options));
    objects.extend(backends().map(|(part, own)| backend::render(snapshot, part, own, options)));
    objects.extend(backends().filter_map(|(part, own)| backend::render_tls(snapshot, part, own, options)));
    objects.extend(filtered.then(|| filters::render(snapshot, options)));
    objects.extend(traffic::render(snapshot, traffic, options));
    objects.extend(http_routes);
    Rendered { objects }
}

impl Metadata {
    /// What every object carries.
    fn of(snapshot: &Snapshot) -> Self {
        let mut metadata = Self::default();
        metadata.label(label::MANAGED_BY, label::MANAGER);
        metadata.label(label::DEPLOYMENT_ID, snapshot.deployment_id);
        metadata.label(label::TENANT_ID, snapshot.tenant_id);
        metadata.label(label::PRODUCT_PUBLISH_ID, snapshot.publish.id);
        metadata.label(label::PRODUCT_ID, snapshot.product.id);
        metadata.label(label::ENVIRONMENT, snapshot.publish.environment.name());
        metadata
    }

    /// What every object of an API service carries.
    fn of_service(snapshot: &Snapshot, service: &ApiServicePart) -> Self {
        let mut metadata = Self::of(snapshot);
        metadata.label(label::API_SERVICE_ID, service.id);
        metadata
    }

    fn label(&mut self, key: &str, value: impl ToString) {
        self.labels.insert(key.to_owned(), value.to_string().into());
    }

    fn annotate(&mut self, key: &str, value: impl Into<String>) {
        self.annotations.insert(key.to_owned(), value.into().into());
    }
}
