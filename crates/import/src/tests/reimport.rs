//! Importing again: what is found, what stays, what goes.

use switchtower_domain::api_service::{Origin, RouteInput, RouteTimeouts};

use super::*;
use crate::{ConflictKind, Prefer, Resolution};

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
fn only_what_a_person_did_not_touch_follows_the_document() {
    let current = edit(first(), 0, |spec| spec.tags = vec!["mine".to_owned()]);
    let plan = next("{/aa: {get: {operationId: listA, summary: New, tags: [theirs]}, put: {}}}", &current);
    let route = &plan.definition.routes[0].spec;
    assert_eq!((route.description.as_deref(), route.methods.len()), (Some("New"), 2));
    assert_eq!(route.tags, ["mine"]);
    assert_eq!(plan.definition.routes[0].origin, Origin::Edited);
    let changed: Vec<_> = plan.changes.routes.changed[0].fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(changed, ["description", "methods"]);
}

#[test]
fn a_conflict_is_told_with_three_values_until_it_is_settled() {
    let tagged = |tag: &str| format!("{{/aa: {{get: {{tags: [{tag}]}}}}}}");
    let before = import(&with_paths(&tagged("base"))).unwrap().definition;
    let current = edit(before, 0, |spec| spec.tags = vec!["mine".to_owned()]);
    let wanted = serde_json::json!([{
        "name": "aa", "kind": "both_changed", "resolution": "open",
        "fields": [{ "field": "tags", "base": ["base"], "mine": ["mine"], "document": ["theirs"] }],
    }]);
    let plan = next(&tagged("theirs"), &current);
    assert_eq!(serde_json::to_value(&plan.changes.routes.conflicts).unwrap(), wanted);
    let again = next(&tagged("theirs"), &plan.definition);
    assert_eq!((again.changes, &again.definition), (plan.changes, &current));

    let choose = |prefer| Options { prefer: Some(prefer), ..Options::default() };
    let text = with_paths(&tagged("theirs"));
    let mine = super::again(&text, &current, &choose(Prefer::Mine)).unwrap();
    assert_eq!(mine.changes.routes.conflicts[0].resolution, Resolution::Mine);
    assert_eq!(mine.definition.routes, current.routes);
    assert!(next(&tagged("theirs"), &mine.definition).changes.routes.conflicts.is_empty());

    let document = super::again(&text, &current, &choose(Prefer::Document)).unwrap();
    assert_eq!(document.changes.routes.conflicts[0].resolution, Resolution::Document);
    assert!(document.changes.routes.changed[0].edited);
    assert_eq!(document.definition.routes[0].spec.tags, ["theirs"]);
    assert_eq!(
        (document.definition.routes[0].origin, document.definition.imported.is_empty()),
        (Origin::Imported, true)
    );
}

#[test]
fn what_the_document_comes_to_say_as_well_is_no_edit_any_more() {
    let current = edit(first(), 0, |spec| spec.path.value = "/v1/moved".to_owned());
    let plan = next("{/moved: {get: {operationId: other}}, '/bb/{id}': {get: {}, put: {}}, /cc: {get: {}}}", &current);
    assert_eq!(plan.definition.routes[0].id, current.routes[0].id);
    assert_eq!(plan.definition.routes[0].origin, Origin::Imported);
    assert!(plan.changes.routes.conflicts.is_empty() && plan.changes.is_empty());
}

#[test]
fn an_edited_route_is_found_by_what_the_import_had_made_of_it() {
    let current = edit(first(), 0, |spec| {
        spec.name = "mine".parse().unwrap();
        spec.path.value = "/elsewhere".to_owned();
        spec.methods.clear();
    });
    let plan = next("{/aa: {get: {operationId: renamed}}, '/bb/{id}': {get: {}, put: {}}, /cc: {get: {}}}", &current);
    assert_eq!(plan.definition, current);
    assert!(plan.changes.routes.added.is_empty());
}

#[test]
fn a_deleted_route_stays_deleted() {
    let current = first().remove_route(first().routes[0].id).unwrap();
    let plan = next(FIRST, &current);
    assert_eq!(plan.definition, current);
    assert_eq!((names(&plan.changes.routes.deleted), plan.changes.is_empty()), (vec!["list-a"], true));

    // The document no longer has it either, so there is nothing to remember.
    let plan = next("{/cc: {get: {}}}", &current);
    assert!(plan.definition.imported.is_empty());
}

#[test]
fn a_deleted_route_that_the_document_changed_is_a_conflict() {
    let current = first().remove_route(first().routes[0].id).unwrap();
    let changed = FIRST.replace("operationId: listA", "operationId: listA, summary: New");
    let plan = next(&changed, &current);
    let conflict = &plan.changes.routes.conflicts[0];
    assert_eq!((conflict.kind, conflict.resolution), (ConflictKind::DeletedByPerson, Resolution::Open));
    assert_eq!((conflict.fields[0].field.as_str(), &conflict.fields[0].document), ("description", &"New".into()));
    assert_eq!(plan.definition, current);

    let choose = |prefer| Options { prefer: Some(prefer), ..Options::default() };
    let mine = again(&with_paths(&changed), &current, &choose(Prefer::Mine)).unwrap();
    assert!(next(&changed, &mine.definition).changes.routes.conflicts.is_empty());
    let document = again(&with_paths(&changed), &current, &choose(Prefer::Document)).unwrap();
    assert_eq!(document.definition.routes[2].id, first().routes[0].id);
    assert!(document.changes.routes.added[0].edited && document.definition.imported.is_empty());
}

#[test]
fn a_deleted_route_comes_back_when_edits_are_overwritten() {
    let current = first().remove_route(first().routes[0].id).unwrap();
    let options = Options { overwrite_edits: true, ..Options::default() };
    let plan = again(&with_paths(FIRST), &current, &options).unwrap();
    assert_eq!(plan.definition.routes.len(), 3);
    assert_eq!(names(&plan.changes.routes.added), ["list-a"]);
}

#[test]
fn a_deleted_route_is_remembered_while_one_made_by_hand_answers() {
    let mut spec = first().routes[0].spec.clone();
    let current = first().remove_route(first().routes[0].id).unwrap();
    spec.name = "by-hand".parse().unwrap();
    let by_hand = RouteId::from_parts(9, 9);
    let current = current.put_route(by_hand, spec).unwrap();
    let plan = next(FIRST, &current);
    assert_eq!(plan.definition, current);
    let plan = next(FIRST, &plan.definition.remove_route(by_hand).unwrap());
    assert_eq!(names(&plan.changes.routes.deleted), ["list-a"]);
}

#[test]
fn a_route_made_by_hand_for_some_hosts_does_not_stand_in_for_the_documents() {
    let mut spec = first().routes[0].spec.clone();
    spec.name = "by-hand".parse().unwrap();
    spec.hostnames = vec!["internal.example".to_owned()];
    let current = first().put_route(RouteId::from_parts(9, 9), spec).unwrap();
    let plan = next(FIRST, &current);
    assert_eq!((&plan.definition, codes(&plan)), (&current, vec![]));
}

#[test]
fn an_edited_route_that_the_document_drops_is_a_conflict() {
    let current = edit(first(), 0, |spec| spec.tags = vec!["mine".to_owned()]);
    let without = "{'/bb/{id}': {get: {}, put: {}}, /cc: {get: {}}}";
    let plan = next(without, &current);
    let conflict = &plan.changes.routes.conflicts[0];
    assert_eq!((conflict.kind, conflict.resolution), (ConflictKind::DeletedByDocument, Resolution::Open));
    assert_eq!(plan.definition, current);

    let choose = |prefer| Options { prefer: Some(prefer), ..Options::default() };
    let mine = again(&with_paths(without), &current, &choose(Prefer::Mine)).unwrap();
    assert_eq!(mine.definition.routes[0].origin, Origin::Manual);
    let document = again(&with_paths(without), &current, &choose(Prefer::Document)).unwrap();
    assert_eq!((document.definition.routes.len(), names(&document.changes.routes.removed)), (2, vec!["list-a"]));
}

#[test]
fn a_deleted_backend_stays_deleted_until_a_route_needs_it() {
    let two = with_paths(FIRST).replace("servers: [", "servers: [{url: 'http://main.example'}, ");
    let current = import(&two).unwrap().definition;
    let spare = current.backends[1].clone();
    let current = current.remove_backend(spare.id).unwrap();
    let plan = again(&two, &current, &Options::default()).unwrap();
    assert_eq!(plan.definition, current);
    assert_eq!(names(&plan.changes.backends.deleted), ["a-example"]);

    let plan = again(&with_paths(FIRST), &current, &Options::default()).unwrap();
    assert_valid(&plan.definition);
    assert_eq!(plan.definition.backends[0].id, spare.id);
    assert_eq!((names(&plan.changes.backends.added), codes(&plan)), (vec!["a-example"], vec!["backend_restored"]));
}

#[test]
fn a_side_is_taken_whole_where_fields_of_both_do_not_go_together() {
    let current = first();
    let mut spec = current.backends[0].spec.clone();
    spec.tls = serde_json::from_value(serde_json::json!({ "sni": "orders.example" })).unwrap();
    let current = current.clone().put_backend(current.backends[0].id, spec).unwrap();
    let text = with_paths(FIRST).replace("https://", "http://");
    let plan = again(&text, &current, &Options::default()).unwrap();
    assert_eq!(plan.definition, current);
    let fields: Vec<_> = plan.changes.backends.conflicts[0].fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["endpoints", "scheme", "tls"]);
    let options = Options { prefer: Some(Prefer::Document), ..Options::default() };
    let plan = again(&text, &current, &options).unwrap();
    assert_valid(&plan.definition);
    assert_eq!((plan.definition.backends[0].spec.tls.as_ref(), plan.changes.backends.conflicts.len()), (None, 1));
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
