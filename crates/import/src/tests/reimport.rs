//! Importing again: what is found, what stays, what goes.

use switchtower_domain::api_service::{Origin, RouteInput, RouteTimeouts};

use super::*;

const FIRST: &str = "{/aa: {get: {operationId: listA}}, '/bb/{id}': {get: {}, put: {}}, /cc: {get: {}}}";

fn first() -> Definition {
    import(&with_paths(FIRST)).unwrap().definition
}

fn next(paths: &str, current: &Definition) -> Plan {
    let plan = again(&with_paths(paths), current, &Options::default()).unwrap();
    assert_valid(&plan.definition);
    plan
}

fn edit(definition: Definition, index: usize, change: impl FnOnce(&mut RouteInput)) -> Definition {
    let route = definition.routes[index].clone();
    let mut spec = route.spec;
    change(&mut spec);
    definition.put_route(route.id, spec).unwrap()
}

fn names(parts: &[crate::Part]) -> Vec<&str> {
    parts.iter().map(|part| part.name.as_str()).collect()
}

#[test]
fn the_same_document_changes_nothing() {
    let plan = next(FIRST, &first());
    assert!(plan.changes.is_empty());
    assert_eq!((plan.changes.routes.unchanged, plan.changes.backends.unchanged), (3, 1));
    assert_eq!(plan.definition, first());
}

#[test]
fn a_changed_route_keeps_its_id_and_name() {
    let current = first();
    let plan =
        next("{/aa: {get: {operationId: listA}, post: {}}, '/bb/{key}': {get: {}, put: {}}, /dd: {get: {}}}", &current);
    assert_eq!(lines(&plan), ["list-a GET,POST /v1/aa", "bb-id GET,PUT /v1/bb/[^/]+", "dd GET /v1/dd"]);
    assert_eq!(plan.definition.routes[0].id, current.routes[0].id);
    let changes = plan.changes.routes;
    assert_eq!((names(&changes.added), names(&changes.changed)), (vec!["dd"], vec!["list-a"]));
    assert_eq!((names(&changes.removed), changes.unchanged), (vec!["cc"], 1));
    assert_eq!(changes.changed[0].fields.len(), 1);
    assert_eq!(changes.changed[0].fields[0].field, "methods");
    assert_eq!(changes.changed[0].fields[0].after, serde_json::json!(["GET", "POST"]));
}

#[test]
fn a_moved_route_is_found_by_its_name() {
    let plan = next("{/elsewhere: {get: {operationId: listA}}}", &first());
    assert_eq!(plan.definition.routes[0].id, first().routes[0].id);
    assert_eq!(plan.changes.routes.changed[0].fields[0].field, "path");
}

#[test]
fn a_server_that_moves_takes_its_routes_along() {
    let current = first();
    let text = with_paths(FIRST).replace("https://a.example/v1", "http://b.example/v2");
    let plan = again(&text, &current, &Options::default()).unwrap();
    let ids = |definition: &Definition| definition.routes.iter().map(|route| route.id).collect::<Vec<_>>();
    assert_eq!(names(&plan.changes.backends.added), ["b-example"]);
    assert_eq!(names(&plan.changes.backends.removed), ["a-example"]);
    // `list-a` and the paths' names are found by name, in spite of another base path.
    assert_eq!(ids(&plan.definition), ids(&current));

    let text = with_paths(FIRST).replace("https://", "http://");
    let plan = again(&text, &current, &Options::default()).unwrap();
    assert_eq!(plan.definition.backends[0].id, current.backends[0].id);
    assert_eq!(names(&plan.changes.backends.changed), ["a-example"]);
}

#[test]
fn what_a_person_made_stays_and_comes_first() {
    let current = first();
    let mut spec = current.routes[0].spec.clone();
    spec.name = "by-hand".parse().unwrap();
    spec.path.value = "/v1/dd".to_owned();
    let current = current.put_route(RouteId::from_parts(9, 9), spec).unwrap();
    let plan = next("{/dd: {get: {}, post: {}}}", &current);
    assert_eq!(lines(&plan), ["by-hand GET /v1/dd", "dd POST /v1/dd"]);
    assert_eq!(plan.definition.routes[0].origin, Origin::Manual);
    assert_eq!(codes(&plan), ["made_by_hand"]);
    assert_eq!(plan.changes.routes.removed.len(), 3);
}

#[test]
fn a_backend_made_by_hand_is_used_and_not_made_again() {
    let mut current = first();
    current.backends[0].origin = Origin::Manual;
    let plan = next(FIRST, &current);
    assert!(plan.changes.is_empty());
    assert_eq!(plan.definition, current);
}

#[test]
fn an_edited_route_is_kept_and_shown() {
    let current = edit(first(), 0, |spec| spec.path.value = "/v1/by-hand".to_owned());
    let plan = next(FIRST, &current);
    assert_eq!(plan.definition, current);
    assert!(plan.changes.is_empty());
    assert_eq!(names(&plan.changes.routes.kept), ["list-a"]);
    assert_eq!(plan.changes.routes.kept[0].fields[0].after["value"], "/v1/aa");

    let plan = next("{/cc: {get: {}}}", &current);
    assert_eq!(names(&plan.changes.routes.kept), ["list-a"]);
    assert!(plan.changes.routes.kept[0].fields.is_empty());
    assert_eq!(names(&plan.changes.routes.removed), ["bb-id"]);
}

#[test]
fn an_edited_route_is_overwritten_when_asked() {
    let current = edit(first(), 0, |spec| spec.path.value = "/v1/by-hand".to_owned());
    let options = Options { overwrite_edits: true, ..Options::default() };
    let plan = again(&with_paths(FIRST), &current, &options).unwrap();
    assert_eq!(plan.definition, first());
    assert!(plan.changes.routes.changed[0].edited);
    let plan = again(&with_paths("{/cc: {get: {}}}"), &current, &options).unwrap();
    assert_eq!(names(&plan.changes.routes.removed), ["list-a", "bb-id"]);
    assert!(plan.changes.routes.removed[0].edited);
}

#[test]
fn a_name_and_timeouts_given_by_a_person_stay() {
    let current = edit(first(), 0, |spec| {
        spec.name = "mine".parse().unwrap();
        spec.timeouts = Some(RouteTimeouts { request_ms: Some(5_000), backend_request_ms: None });
    });
    let options = Options { overwrite_edits: true, ..Options::default() };
    let plan = again(&with_paths(FIRST), &current, &options).unwrap();
    assert!(plan.changes.is_empty() && plan.changes.routes.kept.is_empty());
    assert_eq!(plan.definition, current);
}

#[test]
fn an_edited_backend_keeps_its_routes() {
    let current = first();
    let mut spec = current.backends[0].spec.clone();
    spec.endpoints[0].host = "orders.internal".to_owned();
    let id = current.backends[0].id;
    let current = current.put_backend(id, spec).unwrap();
    let plan = next(FIRST, &current);
    assert_eq!(plan.definition, current);
    assert_eq!(names(&plan.changes.backends.kept), ["a-example"]);
    assert_eq!(plan.changes.backends.kept[0].fields[0].field, "endpoints");
}

#[test]
fn a_backend_that_a_kept_route_uses_stays() {
    let current = edit(first(), 0, |spec| spec.tags = vec!["mine".to_owned()]);
    let text = with_paths("{/dd: {get: {}}}").replace("a.example", "b.example");
    let plan = again(&text, &current, &Options::default()).unwrap();
    assert_valid(&plan.definition);
    assert_eq!(plan.definition.backends.len(), 2);
    assert_eq!(codes(&plan), ["backend_in_use"]);
    assert!(plan.changes.backends.removed.is_empty());
}
