//! The filters of a rule.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use switchtower_domain::{
    api_service::{Backend, BackendRef},
    id::BackendId,
    policy::{Cors, HeaderChanges, HeaderModifier, HeaderValue, PathRewrite, PathRewriteType},
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{ENVOY_GATEWAY, HTTP_ROUTE_FILTER, action::Action, backend::tls_host};
use crate::{
    name,
    object::{Metadata, Object},
    options::Options,
};

/// What a rule needs to know of its backends.
pub(super) struct Peers(HashMap<BackendId, Peer>);

pub(super) struct Peer {
    pub(super) name: String,
    /// The name that it is asked for: the one that its certificate carries. Plain HTTP has none.
    host: Option<String>,
    /// Whether that is the host of each of its endpoints.
    everywhere: bool,
}

/// The host that a backend sees.
#[derive(Debug, PartialEq, Eq)]
enum Host<'p> {
    /// As the client sent it.
    Sent,
    /// This one.
    Named(&'p str),
    /// The one of the endpoint that gets the request.
    Endpoint,
}

impl Peers {
    pub(super) fn of(snapshot: &Snapshot, service: &ApiServicePart) -> Self {
        let peer = |backend: &Backend| {
            let host = tls_host(backend);
            let same = |own: &str| host.as_deref().is_some_and(|host| own.eq_ignore_ascii_case(host));
            let everywhere = backend.spec.endpoints.iter().all(|endpoint| same(&endpoint.host));
            Peer { name: name::backend(snapshot, backend), host, everywhere }
        };
        Self(service.backends.iter().map(|backend| (backend.id, peer(backend))).collect())
    }

    pub(super) fn get(&self, id: BackendId) -> Option<&Peer> {
        self.0.get(&id)
    }

    /// Whether the host that a backend sees is that of its endpoint.
    pub(super) fn are_named_apart(&self, action: &Action<'_>) -> bool {
        self.host(action) == Host::Endpoint
    }

    fn host<'p>(&'p self, action: &'p Action<'_>) -> Host<'p> {
        if let Some(host) = action.treatment.rewrite.and_then(|rewrite| rewrite.hostname.as_deref()) {
            return Host::Named(host);
        }
        let peers = || action.backends.iter().map(|reference: &BackendRef| self.get(reference.backend_id));
        let host = |peer: Option<&'p Peer>| peer.and_then(|peer| peer.host.as_deref());
        match peers().next().and_then(host) {
            Some(first) if peers().all(|peer| host(peer) == Some(first)) => Host::Named(first),
            Some(_) if peers().all(|peer| peer.is_some_and(|peer| peer.everywhere)) => Host::Endpoint,
            _ => Host::Sent,
        }
    }
}

/// The filters of a rule.
pub(super) fn of(snapshot: &Snapshot, action: &Action<'_>, peers: &Peers) -> Vec<Value> {
    let mut filters = Vec::new();
    let nothing = HeaderModifier::default();
    let HeaderModifier { request, response } = action.treatment.headers.unwrap_or(&nothing);
    if !request.is_empty() {
        filters.push(json!({ "requestHeaderModifier": headers(request), "type": "RequestHeaderModifier" }));
    }
    if !response.is_empty() {
        filters.push(json!({ "responseHeaderModifier": headers(response), "type": "ResponseHeaderModifier" }));
    }
    let mut rewrite = Map::new();
    let host = peers.host(action);
    if let Host::Named(name) = host {
        rewrite.insert("hostname".to_owned(), name.into());
    }
    if let Some(own) = action.treatment.rewrite.and_then(|rewrite| rewrite.path.as_ref()) {
        rewrite.insert("path".to_owned(), path(own));
    }
    if !rewrite.is_empty() {
        filters.push(json!({ "type": "URLRewrite", "urlRewrite": rewrite }));
    }
    if let Some(own) = action.treatment.cors {
        filters.push(json!({ "cors": cors(own), "type": "CORS" }));
    }
    if host == Host::Endpoint {
        filters.push(json!({ "extensionRef": extension(snapshot), "type": "ExtensionRef" }));
    }
    filters
}

/// The HTTPRouteFilter that sets the host to that of the endpoint, which the Gateway API has no filter for.
pub(super) fn render(snapshot: &Snapshot, options: &Options) -> Object {
    let spec = json!({ "urlRewrite": { "hostname": { "type": "Backend" } } });
    Object::new(HTTP_ROUTE_FILTER, &options.namespace, name::gateway(snapshot), Metadata::of(snapshot), spec)
}

fn extension(snapshot: &Snapshot) -> Value {
    json!({ "group": ENVOY_GATEWAY, "kind": HTTP_ROUTE_FILTER.1, "name": name::gateway(snapshot) })
}

fn headers(changes: &HeaderChanges) -> Value {
    let pairs = |list: &[HeaderValue]| -> Value {
        list.iter().map(|header| json!({ "name": header.name, "value": header.value })).collect()
    };
    let mut value = Map::new();
    if !changes.set.is_empty() {
        value.insert("set".to_owned(), pairs(&changes.set));
    }
    if !changes.add.is_empty() {
        value.insert("add".to_owned(), pairs(&changes.add));
    }
    if !changes.remove.is_empty() {
        value.insert("remove".to_owned(), changes.remove.clone().into());
    }
    value.into()
}

fn path(rewrite: &PathRewrite) -> Value {
    match rewrite.kind {
        PathRewriteType::ReplacePrefix => json!({ "replacePrefixMatch": rewrite.value, "type": "ReplacePrefixMatch" }),
        PathRewriteType::ReplaceFull => json!({ "replaceFullPath": rewrite.value, "type": "ReplaceFullPath" }),
    }
}

fn cors(cors: &Cors) -> Value {
    let mut value = Map::new();
    value.insert("allowOrigins".to_owned(), listed(&cors.allow_origins));
    // What the Fetch standard lets through unasked.
    let safe = ["GET", "HEAD", "POST"].map(str::to_owned);
    let methods = if cors.allow_methods.is_empty() { &safe } else { cors.allow_methods.as_slice() };
    value.insert("allowMethods".to_owned(), listed(methods));
    for (key, names) in [("allowHeaders", &cors.allow_headers), ("exposeHeaders", &cors.expose_headers)] {
        if !names.is_empty() {
            value.insert(key.to_owned(), listed(names));
        }
    }
    if cors.allow_credentials {
        value.insert("allowCredentials".to_owned(), true.into());
    }
    if let Some(seconds) = cors.max_age_seconds {
        value.insert("maxAge".to_owned(), seconds.into());
    }
    value.into()
}

/// Each once, and `*` alone, as the CRD demands.
fn listed(texts: &[String]) -> Value {
    if texts.iter().any(|text| text == "*") {
        return json!(["*"]);
    }
    let mut list: Vec<&str> = Vec::new();
    for text in texts {
        if !list.contains(&text.as_str()) {
            list.push(text);
        }
    }
    list.into()
}
