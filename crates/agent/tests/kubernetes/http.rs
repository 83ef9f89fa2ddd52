//! The stand-in's requests, answered in the words of a real API server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::{
    objects::Stored,
    server::{KINDS, Server},
};

/// Fewer per page than a client asks for, so that lists have pages.
const PAGE: usize = 2;

/// The routes that the driver uses.
pub(crate) fn router(server: Arc<Mutex<Server>>) -> Router {
    let one = get(read).patch(patch).delete(delete);
    Router::new()
        .route("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", post(review))
        .route("/apis/{group}/{version}", get(discover))
        .route("/apis/{group}/{version}/{plural}/{name}", get(read_class))
        .route("/apis/{group}/{version}/namespaces/{namespace}/{plural}", get(list))
        .route("/apis/{group}/{version}/namespaces/{namespace}/{plural}/{name}", one)
        .with_state(server)
}

type Shared = State<Arc<Mutex<Server>>>;
type Params = Query<HashMap<String, String>>;

fn failure(code: u16, reason: &str, message: &str, details: Value) -> Response {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason,
        "details": details, "code": code,
    });
    (StatusCode::from_u16(code).unwrap(), Json(status)).into_response()
}

fn details(plural: &str, name: &str) -> Value {
    let (api_version, ..) = KINDS.iter().find(|(_, _, known)| *known == plural).unwrap();
    json!({ "name": name, "group": api_version.split('/').next(), "kind": plural })
}

fn resource(plural: &str) -> String {
    format!("{plural}.{}", details(plural, "")["group"].as_str().unwrap())
}

/// What keeps a request from its object: faults, kinds that are not served, rights.
fn refuse(server: &mut Server, verb: &'static str, api_version: &str, plural: &str, name: &str) -> Option<Response> {
    *server.requests.entry(verb.to_owned()).or_default() += 1;
    if server.down {
        return Some(failure(503, "ServiceUnavailable", "apiserver is shutting down", json!({})));
    }
    let served = KINDS
        .iter()
        .any(|(version, kind, known)| *version == api_version && *known == plural && !server.unserved.contains(kind));
    if !served {
        return Some((StatusCode::NOT_FOUND, "404 page not found\n").into_response());
    }
    let denied = server.denied.iter().any(|(what, which)| *what == verb && *which == plural);
    denied.then(|| {
        let message =
            format!("{} {name:?} is forbidden: User \"agent\" cannot {verb} resource {plural:?}", resource(plural));
        failure(403, "Forbidden", &message, details(plural, name))
    })
}

fn not_found(plural: &str, name: &str) -> Response {
    failure(404, "NotFound", &format!("{} {name:?} not found", resource(plural)), details(plural, name))
}

fn stale(plural: &str, name: &str) -> Response {
    let message = format!(
        "Operation cannot be fulfilled on {} {name:?}: the object has been modified; please apply your changes to the latest version and try again",
        resource(plural)
    );
    failure(409, "Conflict", &message, details(plural, name))
}

async fn discover(State(server): Shared, Path((group, version)): Path<(String, String)>) -> Response {
    let mut server = server.lock().unwrap();
    *server.requests.entry("discover".to_owned()).or_default() += 1;
    if server.down {
        return failure(503, "ServiceUnavailable", "apiserver is shutting down", json!({}));
    }
    let api_version = format!("{group}/{version}");
    let verbs = json!(["delete", "get", "list", "patch"]);
    let served = KINDS.iter().filter(|(version, kind, _)| *version == api_version && !server.unserved.contains(kind));
    let resources: Vec<_> = served
        .flat_map(|(_, kind, plural)| {
            let one = |name: String| json!({ "name": name, "singularName": "", "namespaced": *kind != "GatewayClass", "kind": kind, "verbs": verbs });
            [one((*plural).to_owned()), one(format!("{plural}/status"))]
        })
        .collect();
    if resources.is_empty() {
        return (StatusCode::NOT_FOUND, "404 page not found\n").into_response();
    }
    Json(json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": resources }))
        .into_response()
}

async fn review(State(server): Shared, Json(mut review): Json<Value>) -> Response {
    let mut server = server.lock().unwrap();
    *server.requests.entry("review".to_owned()).or_default() += 1;
    if server.down {
        return failure(503, "ServiceUnavailable", "apiserver is shutting down", json!({}));
    }
    let asked = |key: &str| review["spec"]["resourceAttributes"][key].as_str().unwrap().to_owned();
    let (verb, plural) = (asked("verb"), asked("resource"));
    let allowed = !server.denied.iter().any(|(what, which)| *what == verb && *which == plural);
    review["status"] = json!({ "allowed": allowed });
    (StatusCode::CREATED, Json(review)).into_response()
}

async fn read_class(
    State(server): Shared,
    Path((group, version, plural, name)): Path<(String, String, String, String)>,
) -> Response {
    show(&mut server.lock().unwrap(), &format!("{group}/{version}"), plural, String::new(), name)
}

async fn read(
    State(server): Shared,
    Path((group, version, namespace, plural, name)): Path<(String, String, String, String, String)>,
) -> Response {
    show(&mut server.lock().unwrap(), &format!("{group}/{version}"), plural, namespace, name)
}

fn show(server: &mut Server, api_version: &str, plural: String, namespace: String, name: String) -> Response {
    if let Some(refusal) = refuse(server, "get", api_version, &plural, &name) {
        return refusal;
    }
    match server.objects.get(&(plural.clone(), namespace, name.clone())) {
        Some(stored) => Json(stored.shown()).into_response(),
        None => not_found(&plural, &name),
    }
}

async fn list(
    State(server): Shared,
    Path((group, version, namespace, plural)): Path<(String, String, String, String)>,
    Query(params): Params,
) -> Response {
    let mut server = server.lock().unwrap();
    if let Some(refusal) = refuse(&mut server, "list", &format!("{group}/{version}"), &plural, "") {
        return refusal;
    }
    let labels: Vec<(&str, &str)> =
        params["labelSelector"].split(',').map(|pair| pair.split_once('=').unwrap()).collect();
    let fits = |stored: &Stored| labels.iter().all(|(key, value)| stored.object["metadata"]["labels"][*key] == **value);
    let inside = server.objects.iter().filter(|((known, place, _), _)| *known == plural && *place == namespace);
    let fitting: Vec<_> = inside.map(|(_, stored)| stored).filter(|stored| fits(stored)).collect();
    let from: usize = params.get("continue").map_or(0, |from| from.parse().unwrap());
    let page: Vec<_> = fitting.iter().skip(from).take(PAGE).map(|stored| stored.shown()).collect();
    let to = from + page.len();
    let next = if to < fitting.len() { to.to_string() } else { String::new() };
    Json(json!({ "kind": "List", "apiVersion": "v1", "metadata": { "continue": next }, "items": page })).into_response()
}

async fn patch(
    State(server): Shared,
    Path((group, version, namespace, plural, name)): Path<(String, String, String, String, String)>,
    Query(params): Params,
    body: Bytes,
) -> Response {
    let mut server = server.lock().unwrap();
    let api_version = format!("{group}/{version}");
    let rehearses = params.get("dryRun").is_some_and(|all| all == "All");
    let what = if rehearses { "rehearsals" } else { "writes" };
    if let Some(refusal) = refuse(&mut server, "patch", &api_version, &plural, &name) {
        return refusal;
    }
    *server.requests.entry(what.to_owned()).or_default() += 1;
    assert_eq!(params["fieldValidation"], "Strict");
    if server.no_namespace {
        let details = json!({ "name": namespace, "kind": "namespaces" });
        return failure(404, "NotFound", &format!("namespaces {namespace:?} not found"), details);
    }
    if let Some(faster) = server.faster.pop() {
        faster(&mut server);
    }
    let mut wanted: Value = serde_json::from_slice(&body).unwrap();
    if server.invalid.contains(&name) {
        let mut details = details(&plural, &name);
        let cause = json!({ "reason": "FieldValueInvalid", "message": "Invalid value", "field": "spec.endpoints[0]" });
        details["causes"] = json!([cause]);
        return failure(
            422,
            "Invalid",
            &format!("{} {name:?} is invalid: spec.endpoints[0]", wanted["kind"].as_str().unwrap()),
            details,
        );
    }
    let key = (plural.clone(), namespace.clone(), name.clone());
    let known = server.objects.get(&key).cloned();
    let asked = wanted["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    if asked.is_some() && asked != known.as_ref().map(|known| known.object["metadata"]["resourceVersion"].clone()) {
        return stale(&plural, &name);
    }
    let is_new = known.is_none();
    if is_new && server.denied.contains(&("create", plural.as_str())) {
        return failure(403, "Forbidden", "cannot create", details(&plural, &name));
    }
    let metadata = json!({ "name": name, "namespace": namespace });
    let fresh = || Stored::new(json!({ "apiVersion": api_version, "kind": wanted["kind"], "metadata": metadata }));
    let mut stored = known.unwrap_or_else(fresh);
    let force = params.get("force").is_some_and(|force| force == "true");
    let time = 2 + server.version % 50;
    if let Err(conflicts) = stored.apply(&params["fieldManager"], &wanted, force, time) {
        let causes = conflicts
            .iter()
            .map(|one| json!({ "reason": "FieldManagerConflict", "message": one.message, "field": one.field }));
        let causes: Vec<_> = causes.collect();
        let message = format!("Apply failed with {} conflicts: {}", causes.len(), conflicts[0].message);
        return failure(409, "Conflict", &message, json!({ "causes": causes }));
    }
    if rehearses {
        return Json(stored.shown()).into_response();
    }
    let written = server.put(key, stored).shown();
    server.reconcile();
    (if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(written)).into_response()
}

async fn delete(
    State(server): Shared,
    Path((group, version, namespace, plural, name)): Path<(String, String, String, String, String)>,
    body: Bytes,
) -> Response {
    let mut server = server.lock().unwrap();
    if let Some(refusal) = refuse(&mut server, "delete", &format!("{group}/{version}"), &plural, &name) {
        return refusal;
    }
    let key = (plural.clone(), namespace, name.clone());
    let Some(stored) = server.objects.get(&key) else { return not_found(&plural, &name) };
    let options: Value = serde_json::from_slice(&body).unwrap();
    let metadata = &stored.object["metadata"];
    for condition in ["uid", "resourceVersion"] {
        if options["preconditions"][condition] != metadata[condition] {
            return stale(&plural, &name);
        }
    }
    server.objects.remove(&key);
    Json(json!({ "kind": "Status", "apiVersion": "v1", "status": "Success", "details": details(&plural, &name) }))
        .into_response()
}
