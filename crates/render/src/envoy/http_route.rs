//! The HTTPRoutes of an API service.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use switchtower_domain::{
    api_service::{Backend, Method, PathMatch, PathMatchType},
    hostname::is_dns_name,
    id::BackendId,
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{
    BACKEND, ENVOY_GATEWAY, GATEWAY, GATEWAY_API, HTTP_ROUTE,
    pack::{Rule, methods, pack},
};
use crate::{
    duration, label, name,
    object::{Metadata, Object},
    options::Options,
};

pub(super) fn render<'a>(
    snapshot: &'a Snapshot,
    service: &'a ApiServicePart,
    options: &'a Options,
) -> impl Iterator<Item = Object> + 'a {
    let peer = |backend: &Backend| Peer { name: name::backend(snapshot, backend), host: host(backend) };
    let peers = service.backends.iter().map(|backend| (backend.id, peer(backend))).collect();
    pack(&service.routes).into_iter().enumerate().map(move |(number, rules)| {
        let name = name::http_route(snapshot, service, number);
        let metadata = metadata(snapshot, service, &rules);
        Object::new(HTTP_ROUTE, &options.namespace, name, metadata, spec(snapshot, &rules, &peers))
    })
}

/// What a rule needs to know of its backends.
type Peers = HashMap<BackendId, Peer>;

struct Peer {
    name: String,
    host: Option<String>,
}

/// The name that a backend is asked for: the one that its certificate carries. Plain HTTP has none.
fn host(backend: &Backend) -> Option<String> {
    backend.spec.tls_name().map(str::to_ascii_lowercase).filter(|name| is_dns_name(name))
}

fn metadata(snapshot: &Snapshot, service: &ApiServicePart, rules: &[Rule<'_>]) -> Metadata {
    let mut metadata = Metadata::of_service(snapshot, service);
    let ids: Vec<_> = rules.iter().flat_map(|rule| &rule.routes).map(|route| route.id.to_string()).collect();
    metadata.annotate(label::ROUTE_IDS, ids.join(","));
    if let Some(version) = &service.version {
        metadata.annotate(label::API_SERVICE_VERSION, version);
    }
    metadata
}

fn spec(snapshot: &Snapshot, rules: &[Rule<'_>], peers: &Peers) -> Value {
    let mut spec = Map::new();
    if !snapshot.publish.hostnames.is_empty() {
        spec.insert("hostnames".to_owned(), snapshot.publish.hostnames.clone().into());
    }
    let parent = json!({ "group": GATEWAY_API, "kind": GATEWAY.1, "name": name::gateway(snapshot) });
    spec.insert("parentRefs".to_owned(), json!([parent]));
    spec.insert("rules".to_owned(), rules.iter().map(|one| rule(one, peers)).collect());
    spec.into()
}

fn rule(rule: &Rule<'_>, peers: &Peers) -> Value {
    let mut value = Map::new();
    let backends = rule.action.backends.iter().map(|reference| {
        let name = peers.get(&reference.backend_id).map(|peer| &peer.name);
        json!({ "group": ENVOY_GATEWAY, "kind": BACKEND.1, "name": name, "weight": reference.weight })
    });
    value.insert("backendRefs".to_owned(), backends.collect());
    if let Some(host) = common_host(rule, peers) {
        let rewrite = json!({ "type": "URLRewrite", "urlRewrite": { "hostname": host } });
        value.insert("filters".to_owned(), json!([rewrite]));
    }
    let matches = rule.routes.iter().flat_map(|route| methods(route).map(|method| one_match(&route.spec.path, method)));
    value.insert("matches".to_owned(), matches.collect());
    if let Some(first) = rule.routes.first() {
        value.insert("name".to_owned(), first.spec.name.as_str().into());
    }
    let timeouts: Map<_, _> = [("backendRequest", rule.action.backend_request_ms), ("request", rule.action.request_ms)]
        .into_iter()
        .filter_map(|(key, time)| time.map(|time| (key.to_owned(), duration::format(time).into())))
        .collect();
    if !timeouts.is_empty() {
        value.insert("timeouts".to_owned(), timeouts.into());
    }
    value.into()
}

/// The one name that all backends of a rule are asked for, if there is one.
fn common_host<'p>(rule: &Rule<'_>, peers: &'p Peers) -> Option<&'p str> {
    let mut hosts = rule
        .action
        .backends
        .iter()
        .map(|reference| peers.get(&reference.backend_id).and_then(|peer| peer.host.as_deref()));
    let first = hosts.next()??;
    hosts.all(|host| host == Some(first)).then_some(first)
}

fn one_match(path: &PathMatch, method: Option<Method>) -> Value {
    let kind = match path.kind {
        PathMatchType::Exact => "Exact",
        PathMatchType::Prefix => "PathPrefix",
        PathMatchType::Regex => "RegularExpression",
    };
    let path = json!({ "type": kind, "value": path.value });
    match method {
        Some(method) => json!({ "method": method.as_str(), "path": path }),
        None => json!({ "path": path }),
    }
}
