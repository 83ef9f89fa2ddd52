//! What clients may do: the ClientTrafficPolicies of the Gateway and of its listeners.

use serde_json::{Map, Value, json};
use switchtower_domain::gateway::{ClientSettings, Listener, TlsVersion};
use switchtower_protocol::snapshot::Snapshot;

use super::{CLIENT_TRAFFIC_POLICY, GATEWAY, GATEWAY_API};
use crate::{
    duration, name,
    object::{Metadata, Object},
    options::Options,
};

/// One for the Gateway, and one for the listeners of each oldest version of TLS: those take the place of the Gateway's,
/// so they say the same and more.
pub(super) fn render(snapshot: &Snapshot, options: &Options) -> Vec<Object> {
    let gateway = name::gateway(snapshot);
    let client = snapshot.gateway.client.as_ref().map(settings).unwrap_or_default();
    let object = |name: String, mut spec: Map<String, Value>, targets: Vec<Value>| {
        spec.insert("targetRefs".to_owned(), targets.into());
        Object::new(CLIENT_TRAFFIC_POLICY, &options.namespace, name, Metadata::of(snapshot), spec.into())
    };
    let mut objects = Vec::new();
    if !client.is_empty() {
        let target = json!({ "group": GATEWAY_API, "kind": GATEWAY.1, "name": gateway });
        objects.push(object(gateway.clone(), client.clone(), vec![target]));
    }
    for (number, (version, text)) in [(TlsVersion::V1_2, "1.2"), (TlsVersion::V1_3, "1.3")].into_iter().enumerate() {
        let own = |listener: &&Listener| listener.tls.as_ref().is_some_and(|tls| tls.min_version == Some(version));
        let section = |listener: &Listener| json!({ "group": GATEWAY_API, "kind": GATEWAY.1, "name": gateway, "sectionName": listener.name });
        let targets: Vec<_> = snapshot.gateway.listeners.iter().filter(own).map(section).collect();
        if !targets.is_empty() {
            let mut spec = client.clone();
            spec.insert("tls".to_owned(), json!({ "minVersion": text }));
            objects.push(object(name::numbered(snapshot, number), spec, targets));
        }
    }
    objects
}

fn settings(client: &ClientSettings) -> Map<String, Value> {
    let mut spec = Map::new();
    if let Some(time) = client.idle_timeout_ms {
        spec.insert("timeout".to_owned(), json!({ "http": { "idleTimeout": duration::format(time) } }));
    }
    if let Some(bytes) = client.buffer_bytes {
        // A quantity; as text, since that is how the API server hands it back.
        spec.insert("connection".to_owned(), json!({ "bufferLimit": bytes.to_string() }));
    }
    if let Some(hops) = client.trusted_hops {
        spec.insert("clientIPDetection".to_owned(), json!({ "xForwardedFor": { "numTrustedHops": hops } }));
    }
    spec
}
