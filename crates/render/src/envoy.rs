//! Objects for Envoy Gateway: Gateway API, and its own Backend.

mod backend;
mod gateway;
mod http_route;
mod pack;

use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

pub(crate) use self::pack::{Action, methods};
use crate::{
    label,
    object::{Metadata, Object, Rendered},
    options::Options,
};

/// The group of Gateway, HTTPRoute and BackendTLSPolicy.
const GATEWAY_API: &str = "gateway.networking.k8s.io";
/// The group of Backend.
const ENVOY_GATEWAY: &str = "gateway.envoyproxy.io";

const GATEWAY: (&str, &str) = ("gateway.networking.k8s.io/v1", "Gateway");
const BACKEND: (&str, &str) = ("gateway.envoyproxy.io/v1alpha1", "Backend");
const BACKEND_TLS_POLICY: (&str, &str) = ("gateway.networking.k8s.io/v1", "BackendTLSPolicy");
const HTTP_ROUTE: (&str, &str) = ("gateway.networking.k8s.io/v1", "HTTPRoute");

/// The objects of a snapshot that has been checked.
pub(crate) fn render(snapshot: &Snapshot, options: &Options) -> Rendered {
    let backends = || snapshot.api_services.iter().flat_map(|part| part.backends.iter().map(move |own| (part, own)));
    let mut objects: Vec<Object> = vec![gateway::render(snapshot, options)];
    objects.extend(backends().map(|(part, own)| backend::render(snapshot, part, own, options)));
    objects.extend(backends().filter_map(|(part, own)| backend::render_tls(snapshot, part, own, options)));
    for part in &snapshot.api_services {
        objects.extend(http_route::render(snapshot, part, options));
    }
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
