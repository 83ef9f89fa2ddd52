//! Extensions and texts: what people wrote and find again.

use serde_json::json;

use super::*;

fn first_route(plan: &Plan) -> serde_json::Value {
    serde_json::to_value(&plan.definition.routes[0]).unwrap()
}

#[test]
fn extensions_of_paths_and_operations_are_those_of_the_route() {
    let plan = import(&with_paths(
        "{/aa: {x-team: a, x-both: path, get: {x-both: operation, x-deep: {a: [1, 2.5, null, true, 'x']}}}}",
    ))
    .unwrap();
    let wanted = json!({ "x-team": "a", "x-both": "operation", "x-deep": { "a": [1, 2.5, null, true, "x"] } });
    assert_eq!(first_route(&plan)["extensions"], wanted);
    assert!(plan.report.notes.is_empty());
}

#[test]
fn what_operations_do_not_say_alike_is_told_for_each() {
    let plan = import(&with_paths("{/aa: {get: {x-same: 1, x-limit: 1, x-only: null}, put: {x-same: 1, x-limit: 2}}}"))
        .unwrap();
    let wanted = json!({ "x-same": 1, "x-limit@get": 1, "x-limit@put": 2, "x-only@get": null });
    assert_eq!(first_route(&plan)["extensions"], wanted);
}

#[test]
fn extensions_of_the_document_and_its_info_are_those_of_the_service() {
    let text = "{openapi: 3.0.0, info: {title: T, version: '1', x-logo: l}, x-a: {b: 1}, \
                servers: [{url: 'http://a.example'}], paths: {/aa: {get: {}}}}";
    let plan = import(text).unwrap();
    let wanted = json!({ "x-a": { "b": 1 }, "info/x-logo": "l" });
    assert_eq!(serde_json::to_value(&plan.definition.extensions).unwrap(), wanted);
    let plan = again(&text.replace("x-a: {b: 1}, ", ""), &plan.definition, &Options::default()).unwrap();
    assert_eq!(serde_json::to_value(&plan.definition.extensions).unwrap(), json!({ "info/x-logo": "l" }));
}

#[test]
fn extensions_of_other_gateways_are_kept_and_told_once() {
    let plan = import(&with_paths(
        "{/aa: {get: {x-kong-plugin-cors: {}, x-google-backend: 1}}, /bb: {get: {x-kong-name: b, x-mine: 1}}}",
    ))
    .unwrap();
    assert_eq!(codes(&plan), ["gateway_extension"]);
    assert_eq!(plan.report.notes[0].pointer, "/paths/~1aa/get/x-kong-plugin-cors");
    assert_eq!(plan.report.counts["gateway_extension"], 2);
    assert!(plan.definition.routes[0].spec.extensions.contains_key("x-google-backend"));
}

#[test]
fn extensions_beyond_the_bounds_are_left_out_and_told() {
    let long = "é".repeat(3_000);
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let many: Vec<_> = (10..30).map(|n| format!("x-{n}: {n}")).collect();
    let plan = import(&with_paths(&format!(
        "{{/aa: {{get: {{x-a: 1, x-long: '{long}', x-b: 2}}}}, /bb: {{get: {{x-deep: {deep}, x-b: 2}}}}, \
           /cc: {{get: {{{}}}}}, /dd: {{get: {{x-huge: 1e300, x-b: 2}}}}, \
           /ee: {{x-p: '{}', get: {{x-q: '{}'}}}}}}",
        many.join(", "),
        "p".repeat(2_500),
        "q".repeat(2_500),
    )))
    .unwrap();
    assert_valid(&plan.definition);
    let counts: Vec<_> = plan.definition.routes.iter().map(|route| route.spec.extensions.len()).collect();
    assert_eq!(counts, [2, 1, 16, 1, 1]);
    assert_eq!(plan.report.counts["extension_too_large"], 5);
    assert!(plan.report.notes[2].detail.starts_with("`x-26` and 3 more left out"), "{}", plan.report.notes[2].detail);
}

#[test]
fn extensions_of_a_huge_document_are_cut_where_they_are_too_many() {
    let paths: Vec<_> = (0..200).map(|n| format!("/p{n}: {{get: {{x-a: '{}'}}}}", "a".repeat(2_000))).collect();
    let text = with_paths(&format!("{{{}}}", paths.join(", ")));
    let plan = import(&text).unwrap();
    let kept = plan.definition.routes.iter().filter(|route| !route.spec.extensions.is_empty()).count();
    assert!((75..85).contains(&kept), "{kept}");
    assert_eq!(plan.report.counts["extension_too_large"], 200 - kept);
    assert!(again(&text, &plan.definition, &Options::default()).unwrap().changes.is_empty());
}

#[test]
fn yaml_keys_of_extensions_that_are_no_texts_become_texts_or_are_left_out() {
    let plan = import(&with_paths("{/aa: {get: {x-a: {1: a, true: b}, x-b: {[1]: a}}}}")).unwrap();
    assert_eq!(first_route(&plan)["extensions"], json!({ "x-a": { "1": "a", "true": "b" } }));
    assert_eq!(codes(&plan), ["extension_too_large"]);
}

#[test]
fn a_route_tells_what_its_operations_tell() {
    let plan = import(&with_paths(
        "{/aa: {description: Path., get: {summary: List, description: \"First.\\nStill.\\n\\nSecond.\", \
            deprecated: true, externalDocs: {url: 'https://docs.example/aa'}}, put: {summary: Put}}, \
          /bb: {get: {deprecated: true, description: \"All of it.\\n\\nEven this.\"}}, /cc: {get: {}}}",
    ))
    .unwrap();
    let told: Vec<_> = plan.definition.routes.iter().map(|route| route.spec.description.as_deref()).collect();
    assert_eq!(
        told,
        [
            Some("List; Put\n\nDeprecated: GET.\n\nSee https://docs.example/aa\n\nPath.\n\nFirst.\nStill."),
            Some("All of it.\n\nEven this.\n\nDeprecated."),
            None,
        ]
    );
}

#[test]
fn long_texts_of_a_huge_document_give_way_to_summaries() {
    let operation = format!("{{get: {{summary: S, description: '{}'}}}}", "d".repeat(900));
    let paths: Vec<_> = (0..600).map(|n| format!("/p{n}: {operation}")).collect();
    let plan = import(&with_paths(&format!("{{{}}}", paths.join(", ")))).unwrap();
    let lengths: Vec<_> =
        plan.definition.routes.iter().map(|route| route.spec.description.as_ref().unwrap().len()).collect();
    assert_eq!((lengths[0], lengths[599]), (243, 1));
    assert_eq!((codes(&plan), plan.report.counts["descriptions_cut"]), (vec!["descriptions_cut"], 54));
}
