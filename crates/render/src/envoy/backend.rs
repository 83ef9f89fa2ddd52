//! The Backend of a backend, and the BackendTLSPolicy of one that is spoken to over TLS.

use std::net::IpAddr;

use serde_json::{Value, json};
use switchtower_domain::api_service::{Backend, Endpoint};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{BACKEND, BACKEND_TLS_POLICY, ENVOY_GATEWAY};
use crate::{
    label, name,
    object::{Metadata, Object},
    options::Options,
};

pub(super) fn render(snapshot: &Snapshot, service: &ApiServicePart, backend: &Backend, options: &Options) -> Object {
    let endpoints: Vec<_> = backend.spec.endpoints.iter().map(endpoint).collect();
    let spec = json!({ "endpoints": endpoints, "type": "Endpoints" });
    let metadata = metadata(snapshot, service, backend);
    Object::new(BACKEND, &options.namespace, name::backend(snapshot, backend), metadata, spec)
}

pub(super) fn render_tls(
    snapshot: &Snapshot,
    service: &ApiServicePart,
    backend: &Backend,
    options: &Options,
) -> Option<Object> {
    let hostname = backend.spec.tls_name()?.to_ascii_lowercase();
    let name = name::backend(snapshot, backend);
    let spec = json!({
        "targetRefs": [{ "group": ENVOY_GATEWAY, "kind": BACKEND.1, "name": name }],
        "validation": { "hostname": hostname, "wellKnownCACertificates": "System" },
    });
    let metadata = metadata(snapshot, service, backend);
    Some(Object::new(BACKEND_TLS_POLICY, &options.namespace, name, metadata, spec))
}

fn metadata(snapshot: &Snapshot, service: &ApiServicePart, backend: &Backend) -> Metadata {
    let mut metadata = Metadata::of_service(snapshot, service);
    metadata.label(label::BACKEND_ID, backend.id);
    metadata
}

fn endpoint(endpoint: &Endpoint) -> Value {
    let port = endpoint.port;
    match endpoint.host.parse() {
        Ok(IpAddr::V4(address)) => json!({ "ip": { "address": address.to_string(), "port": port } }),
        // The CRD's pattern knows few forms with `::`, but the one with all eight groups.
        Ok(IpAddr::V6(address)) => {
            let groups: Vec<_> = address.segments().iter().map(|group| format!("{group:x}")).collect();
            json!({ "ip": { "address": groups.join(":"), "port": port } })
        }
        Err(_) => json!({ "fqdn": { "hostname": endpoint.host.to_ascii_lowercase(), "port": port } }),
    }
}
