//! The Backend of a backend, and the BackendTLSPolicy of one that is spoken to over TLS.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use switchtower_domain::{
    api_service::{Backend, Endpoint},
    hostname::is_dns_name,
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{BACKEND, BACKEND_TLS_POLICY, ENVOY_GATEWAY};
use crate::{
    label, name,
    object::{Metadata, Object},
    options::Options,
};

pub(super) fn render(snapshot: &Snapshot, service: &ApiServicePart, backend: &Backend, options: &Options) -> Object {
    let endpoints: Vec<_> = backend.spec.endpoints.iter().map(endpoint).collect();
    let mut spec = Map::new();
    spec.insert("endpoints".to_owned(), endpoints.into());
    spec.insert("type".to_owned(), "Endpoints".into());
    if backend.spec.scheme.is_grpc() {
        // HTTP/2, over TLS as well, where the name of the protocol is a misnomer.
        spec.insert("appProtocols".to_owned(), json!(["gateway.envoyproxy.io/h2c"]));
    }
    if backend.spec.is_insecure() {
        let mut tls = Map::from_iter([("insecureSkipVerify".to_owned(), true.into())]);
        if let Some(host) = tls_host(backend) {
            tls.insert("sni".to_owned(), host.into());
        }
        spec.insert("tls".to_owned(), tls.into());
    }
    let metadata = metadata(snapshot, service, backend);
    Object::new(BACKEND, &options.namespace, name::backend(snapshot, backend), metadata, spec.into())
}

/// The name that TLS asks a backend for, in lower case; none without TLS, and none where only an address is known.
pub(super) fn tls_host(backend: &Backend) -> Option<String> {
    backend.spec.tls_name().map(str::to_ascii_lowercase).filter(|name| is_dns_name(name))
}

/// What checks a backend's certificate; nothing does where any is taken.
pub(super) fn render_tls(
    snapshot: &Snapshot,
    service: &ApiServicePart,
    backend: &Backend,
    options: &Options,
) -> Option<Object> {
    let hostname = tls_host(backend).filter(|_| !backend.spec.is_insecure())?;
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
    let mut value = match endpoint.host.parse() {
        Ok(IpAddr::V4(address)) => json!({ "ip": { "address": address.to_string(), "port": port } }),
        // The CRD's pattern knows few forms with `::`, but the one with all eight groups.
        Ok(IpAddr::V6(address)) => {
            let groups: Vec<_> = address.segments().iter().map(|group| format!("{group:x}")).collect();
            json!({ "ip": { "address": groups.join(":"), "port": port } })
        }
        Err(_) => json!({ "fqdn": { "hostname": endpoint.host.to_ascii_lowercase(), "port": port } }),
    };
    if let (Some(fields), Some(zone)) = (value.as_object_mut(), &endpoint.zone) {
        fields.insert("zone".to_owned(), zone.as_str().into());
    }
    value
}
