//! The HTTPRoutes of an API service.

use serde_json::{Map, Value, json};
use switchtower_domain::api_service::{Method, PathMatchType, ValueMatch, ValueMatchType};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{
    BACKEND, ENVOY_GATEWAY, GATEWAY, GATEWAY_API, HTTP_ROUTE,
    action::Action,
    filters::{self, Peers},
    pack::{Matcher, Page, Rule},
};
use crate::{
    duration, label, name,
    object::{Metadata, Object},
    options::Options,
};

/// One HTTPRoute.
pub(super) fn render(
    snapshot: &Snapshot,
    service: &ApiServicePart,
    page: &Page<'_>,
    peers: &Peers,
    name: String,
    options: &Options,
) -> Object {
    let mut spec = Map::new();
    if !page.hostnames.is_empty() {
        spec.insert("hostnames".to_owned(), page.hostnames.clone().into());
    }
    let parent = json!({ "group": GATEWAY_API, "kind": GATEWAY.1, "name": name::gateway(snapshot) });
    spec.insert("parentRefs".to_owned(), json!([parent]));
    let rules = page.rules.iter().map(|one| rule(snapshot, service, one, peers));
    spec.insert("rules".to_owned(), rules.collect());
    let metadata = metadata(snapshot, service, &page.rules);
    Object::new(HTTP_ROUTE, &options.namespace, name, metadata, spec.into())
}

fn metadata(snapshot: &Snapshot, service: &ApiServicePart, rules: &[Rule<'_>]) -> Metadata {
    let mut metadata = Metadata::of_service(snapshot, service);
    let mut ids: Vec<_> = rules.iter().flat_map(|rule| &rule.matches).map(|one| one.route.id).collect();
    ids.dedup();
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    metadata.annotate(label::ROUTE_IDS, ids.join(","));
    if let Some(version) = &service.version {
        metadata.annotate(label::API_SERVICE_VERSION, version);
    }
    metadata
}

fn rule(snapshot: &Snapshot, service: &ApiServicePart, rule: &Rule<'_>, peers: &Peers) -> Value {
    let mut value = Map::new();
    let backends = rule.action.backends.iter().map(|reference| {
        let name = peers.get(reference.backend_id).map(|peer| &peer.name);
        json!({ "group": ENVOY_GATEWAY, "kind": BACKEND.1, "name": name, "weight": reference.weight })
    });
    value.insert("backendRefs".to_owned(), backends.collect());
    let filters = filters::of(snapshot, &rule.action, peers);
    if !filters.is_empty() {
        value.insert("filters".to_owned(), filters.into());
    }
    value.insert("matches".to_owned(), rule.matches.iter().map(one_match).collect());
    value.insert("name".to_owned(), rule.name.as_str().into());
    if let Some(time) = whole(&rule.action, service) {
        value.insert("timeouts".to_owned(), json!({ "request": duration::format(time) }));
    }
    value.into()
}

/// How long a request may take in all. Envoy Gateway takes `backendRequest` for the whole as well, so that is never said:
/// without retries the shorter time is the whole, with retries a policy limits each try. Then 0, no limit, keeps Envoy's
/// own limit of the whole from cutting tries short.
fn whole(action: &Action<'_>, service: &ApiServicePart) -> Option<u32> {
    let request = action.treatment.request_ms;
    let settings = action.settings(service)?;
    match (settings.retry, settings.backend_request_ms) {
        (None, Some(once)) => Some(request.map_or(once, |whole| whole.min(once))),
        (Some(_), Some(_)) => Some(request.unwrap_or(0)),
        (_, None) => request,
    }
}

fn one_match(one: &Matcher<'_>) -> Value {
    let spec = &one.route.spec;
    let kind = match spec.path.kind {
        PathMatchType::Exact => "Exact",
        PathMatchType::Prefix => "PathPrefix",
        PathMatchType::Regex => "RegularExpression",
    };
    let mut value = Map::new();
    value.insert("path".to_owned(), json!({ "type": kind, "value": spec.path.value }));
    if let Some(method) = if one.preflight { Some(Method::Options) } else { one.method } {
        value.insert("method".to_owned(), method.as_str().into());
    }
    let headers = if one.preflight { preflight(one.method) } else { spec.headers.iter().map(value_match).collect() };
    if !headers.is_empty() {
        value.insert("headers".to_owned(), headers.into());
    }
    if !spec.query_params.is_empty() {
        value.insert("queryParams".to_owned(), spec.query_params.iter().map(value_match).collect());
    }
    value.into()
}

/// The headers by which a browser asks for leave to send a method.
fn preflight(method: Option<Method>) -> Vec<Value> {
    let any = |name| json!({ "name": name, "type": "RegularExpression", "value": ".*" });
    let asked = "access-control-request-method";
    let method =
        method.map_or_else(|| any(asked), |method| json!({ "name": asked, "type": "Exact", "value": method.as_str() }));
    vec![any("origin"), method]
}

fn value_match(own: &ValueMatch) -> Value {
    let value = own.value.as_deref().unwrap_or_default();
    let (kind, value) = match own.kind {
        ValueMatchType::Exact => ("Exact", value),
        ValueMatchType::Regex => ("RegularExpression", value),
        ValueMatchType::Present => ("RegularExpression", ".*"),
    };
    json!({ "name": own.name, "type": kind, "value": value })
}
