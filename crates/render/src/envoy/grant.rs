//! Leave to use certificates of other namespaces: the ReferenceGrants.
//!
//! A grant lives in the namespace of the certificate, since it is for whoever owns that to give; an agent needs rights there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use switchtower_protocol::snapshot::Snapshot;

use super::{GATEWAY, GATEWAY_API, REFERENCE_GRANT};
use crate::{
    limit, name,
    object::{Metadata, Object},
    options::Options,
};

pub(super) fn render(snapshot: &Snapshot, options: &Options) -> Vec<Object> {
    let mut secrets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for tls in snapshot.gateway.listeners.iter().filter_map(|listener| listener.tls.as_ref()) {
        if let Some(namespace) = tls.certificate_namespace.as_deref().filter(|own| *own != options.namespace) {
            secrets.entry(namespace).or_default().insert(&tls.certificate_ref);
        }
    }
    let mut objects = Vec::new();
    for (namespace, names) in secrets {
        let names: Vec<_> = names.into_iter().collect();
        for (number, names) in names.chunks(limit::GRANTS).enumerate() {
            let to: Vec<_> = names.iter().map(|name| json!({ "group": "", "kind": "Secret", "name": name })).collect();
            let from = json!({ "group": GATEWAY_API, "kind": GATEWAY.1, "namespace": options.namespace });
            let spec = json!({ "from": [from], "to": to });
            let name = name::numbered(snapshot, number);
            objects.push(Object::new(REFERENCE_GRANT, namespace, name, Metadata::of(snapshot), spec));
        }
    }
    objects
}
