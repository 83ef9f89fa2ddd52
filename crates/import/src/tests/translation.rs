//! What becomes what.

use switchtower_domain::api_service::{Origin, PathMatchType, Scheme};

use super::*;

#[test]
fn methods_of_a_path_are_one_route() {
    let plan = import(&with_paths(
        "{/pets: {post: {summary: Add, tags: [b, a]}, get: {operationId: list, summary: List, tags: [a]}}, \
          '/pets/{id}': {delete: {operationId: deletePet}}}",
    ))
    .unwrap();
    assert_eq!(lines(&plan), ["pets GET,POST /v1/pets", "delete-pet DELETE /v1/pets/[^/]+"]);
    let pets = &plan.definition.routes[0];
    assert_eq!(pets.spec.description.as_deref(), Some("List; Add"));
    assert_eq!(pets.spec.tags, ["a", "b"]);
    assert_eq!(pets.origin, Origin::Imported);
    assert_eq!(plan.definition.routes[1].spec.path.kind, PathMatchType::Regex);
    assert_eq!(plan.changes.routes.added.len(), 2);
    assert_valid(&plan.definition);
}

#[test]
fn the_nearest_server_answers() {
    let plan = import(&with_paths(
        "{/aa: {servers: [{url: 'http://path.example:8080/p'}], get: {}, post: {servers: [{url: 'https://op.example'}]}}, \
          /bb: {get: {}}}",
    ))
    .unwrap();
    assert_eq!(lines(&plan), ["aa GET /p/aa", "aa-2 POST /aa", "bb GET /v1/bb"]);
    let backends: Vec<_> = plan.definition.backends.iter().map(|backend| backend.spec.name.as_str()).collect();
    assert_eq!(backends, ["a-example", "path-example-8080", "op-example"]);
    assert_eq!(plan.definition.backends[1].spec.scheme, Scheme::Http);
    assert_valid(&plan.definition);
}

#[test]
fn of_several_servers_the_first_gets_the_requests() {
    let text = "{openapi: 3.0.0, servers: [{url: 'https://a.example'}, {url: 'https://b.example'}, \
                {url: 'https://a.example/v2'}], paths: {/aa: {get: {}}}}";
    let plan = import(text).unwrap();
    assert_eq!(plan.definition.backends.len(), 2);
    assert_eq!(plan.definition.routes[0].spec.backend_refs[0].backend_id, plan.definition.backends[0].id);
    assert_eq!(plan.report.notes.len(), 1);
    assert_eq!((plan.report.notes[0].code, plan.report.notes[0].pointer.as_str()), ("server_unused", "/servers/1"));
}

#[test]
fn a_relative_or_missing_server_needs_a_base_url() {
    for (servers, url) in [("", "/"), ("servers: [{url: /v1}],", "/v1")] {
        let text = format!("{{openapi: 3.0.0, {servers} paths: {{/aa: {{get: {{}}}}}}}}");
        let pointer = "/servers/0".to_owned();
        assert_eq!(import(&text), Err(ImportError::BaseUrlNeeded { pointer, url: url.to_owned() }));
        let options = Options { base_url: Some("https://b.example".parse().unwrap()), ..Options::default() };
        let plan = again(&text, &Definition::default(), &options).unwrap();
        assert_eq!(plan.definition.backends[0].spec.endpoints[0].host, "b.example");
        assert_eq!(plan.definition.routes[0].spec.path.value, format!("{}/aa", url.trim_end_matches('/')));
    }
}

#[test]
fn a_missing_server_is_no_error_when_nobody_needs_it() {
    assert!(import("{openapi: 3.0.0, paths: {/aa: {servers: [{url: 'http://a.example'}], get: {}}}}").is_ok());
}

#[test]
fn a_server_that_cannot_be_a_backend_is_noted_or_refused() {
    let text = |servers: &str| format!("{{openapi: 3.0.0, servers: [{servers}], paths: {{/aa: {{get: {{}}}}}}}}");
    let error = import(&text("{url: 'wss://a.example'}"));
    assert!(matches!(error, Err(ImportError::NoUsableServer { .. })), "{error:?}");
    let plan = import(&text("{url: 'wss://a.example'}, {url: /x}, {url: 'https://b.example'}")).unwrap();
    assert_eq!(codes(&plan), ["server_scheme", "server_relative"]);
    let plan = import(&with_paths("{/aa: {get: {servers: [{url: 'ftp://x'}]}, post: {}}}")).unwrap();
    assert_eq!(
        (lines(&plan), codes(&plan)),
        (vec!["aa POST /v1/aa".to_owned()], vec!["server_scheme", "no_usable_server"])
    );
}

#[test]
fn path_references_inside_the_document_are_followed() {
    let text = "{openapi: 3.1.0, servers: [{url: 'http://a.example'}], paths: {\
                '/aa/{x}': {$ref: '#/components/pathItems/A', post: {}}, '/bb': {$ref: '#/paths/~1aa~1%7Bx%7D'}, \
                '/cc': {$ref: 'other.yaml#/A'}, '/dd': {$ref: '#/nowhere'}}, \
                components: {pathItems: {A: {get: {summary: Shared}, post: {summary: Hidden}}}}}";
    let plan = import(text).unwrap();
    assert_eq!(lines(&plan), ["aa-x GET,POST /aa/[^/]+", "bb GET,POST /bb"]);
    assert_eq!(plan.definition.routes[0].spec.description.as_deref(), Some("Shared"));
    assert_eq!(codes(&plan), ["external_ref", "ref_not_found"]);
    assert_eq!(plan.report.notes[0].pointer, "/paths/~1cc/$ref");
}

#[test]
fn what_routes_do_not_have_is_noted() {
    let text = "{openapi: 3.1.0, servers: [{url: 'http://a.example'}], x-a: 1, webhooks: {w: {post: {}}}, security: [], \
                path: {}, paths: {x-b: 1, /aa: {x-c: 1, query: {}, get: {x-d: 1, callbacks: {c: {}}}}, \
                'bb': {get: {}}, '/c?d': {get: {}, post: {}}, '/e/{f+}': {get: {}}, '/g//h': {get: {}}}}";
    let plan = import(text).unwrap();
    assert_eq!(
        codes(&plan),
        [
            "webhooks_ignored",
            "unknown_field",
            "unsupported_method",
            "callbacks_ignored",
            "path_without_slash",
            "path_with_query",
            "greedy_parameter",
            "path_not_normal",
        ]
    );
    assert_eq!(plan.definition.routes.len(), 2);
}

#[test]
fn the_same_path_under_two_names_is_one_route() {
    let plan = import(&with_paths("{'/p/{a}': {get: {}}, '/p/{b}': {get: {}, put: {}}}")).unwrap();
    assert_eq!(lines(&plan), ["p-a GET,PUT /v1/p/[^/]+"]);
    assert_eq!(codes(&plan), ["same_path"]);
}

#[test]
fn long_texts_are_cut_and_names_made_unique() {
    let long = "é".repeat(2_000);
    let tags: Vec<_> = (0..30).map(|at| format!("'{at}{long}'")).collect();
    let operation = format!("{{operationId: same, summary: '{long}', tags: [{}]}}", tags.join(", "));
    let plan = import(&with_paths(&format!("{{/aa: {{get: {operation}}}, /bb: {{get: {operation}}}}}"))).unwrap();
    assert_valid(&plan.definition);
    assert_eq!(plan.definition.routes[1].spec.name.as_str(), "same-2");
    assert_eq!(plan.definition.routes[0].spec.tags.len(), 16);
}

#[test]
fn a_document_without_routes_is_refused() {
    for paths in ["{}", "{/aa: {}}", "{aa: {get: {}}}"] {
        assert!(matches!(import(&with_paths(paths)), Err(ImportError::NoOperations { .. })), "{paths}");
    }
}
