//! The Gateway of a deployment.

use serde_json::{Value, json};
use switchtower_domain::gateway::{Listener, Protocol};
use switchtower_protocol::snapshot::Snapshot;

use super::GATEWAY;
use crate::{
    label, name,
    object::{Metadata, Object},
    options::Options,
};

pub(super) fn render(snapshot: &Snapshot, options: &Options) -> Object {
    let mut metadata = Metadata::of(snapshot);
    metadata.label(label::GATEWAY_ID, snapshot.gateway.id);
    if let Some(version) = &snapshot.product.version {
        metadata.annotate(label::PRODUCT_VERSION, version);
    }
    let spec = json!({
        "gatewayClassName": options.envoy_gateway_class,
        "listeners": snapshot.gateway.listeners.iter().map(listener).collect::<Vec<_>>(),
    });
    Object::new(GATEWAY, &options.namespace, name::gateway(snapshot), metadata, spec)
}

fn listener(listener: &Listener) -> Value {
    let protocol = match listener.protocol {
        Protocol::Http => "HTTP",
        Protocol::Https => "HTTPS",
    };
    let mut value = json!({
        "allowedRoutes": { "namespaces": { "from": "Same" } },
        "name": listener.name,
        "port": listener.port,
        "protocol": protocol,
    });
    if let Some(fields) = value.as_object_mut() {
        if let Some(hostname) = &listener.hostname {
            fields.insert("hostname".to_owned(), hostname.as_str().into());
        }
        if let Some(tls) = &listener.tls {
            let mut secret = json!({ "group": "", "kind": "Secret", "name": tls.certificate_ref });
            if let (Some(secret), Some(namespace)) = (secret.as_object_mut(), &tls.certificate_namespace) {
                secret.insert("namespace".to_owned(), namespace.as_str().into());
            }
            fields.insert("tls".to_owned(), json!({ "certificateRefs": [secret], "mode": "Terminate" }));
        }
    }
    value
}
