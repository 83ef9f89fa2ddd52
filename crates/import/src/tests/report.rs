//! What the report tells of the rest.

use super::*;

#[test]
fn what_has_meaning_for_a_gateway_and_is_not_taken_is_told() {
    let text = "{openapi: 3.2.0, $self: 'https://a.example/openapi', info: {title: T}, \
                servers: [{url: 'https://{r}.example', variables: {r: {default: eu}}}], webhooks: {w: {post: {}}}, \
                components: {parameters: {P: {in: cookie, name: c}}}, \
                paths: {/aa: {parameters: [{in: header, name: h, required: true}], \
                  get: {callbacks: {c: {}}, responses: {'200': {links: {l: {}}}}, \
                        parameters: [{in: query, name: q, required: true}, {in: cookie, name: c}]}, \
                  query: {}, additionalOperations: {LINK: {}}}}}";
    let plan = import(text).unwrap();
    let told: Vec<_> = plan.report.notes.iter().map(|note| (note.code, note.pointer.as_str())).collect();
    assert_eq!(
        told,
        [
            ("webhooks_ignored", "/webhooks"),
            ("cookie_parameters_ignored", "/components/parameters"),
            ("server_variables", "/servers/0/variables"),
            ("required_parameters_ignored", "/paths/~1aa/parameters"),
            ("unsupported_method", "/paths/~1aa/query"),
            ("unsupported_method", "/paths/~1aa/additionalOperations"),
            ("callbacks_ignored", "/paths/~1aa/get/callbacks"),
            ("links_ignored", "/paths/~1aa/get/responses"),
        ]
    );
    assert_eq!(plan.report.counts["cookie_parameters_ignored"], 2);
    assert_eq!(plan.report.counts["required_parameters_ignored"], 2);
    for note in &plan.report.notes {
        assert!(note.detail.ends_with('.') && note.detail.len() > 20, "{}", note.detail);
    }
}

#[test]
fn required_parameters_do_not_become_matches() {
    let plan = import(&with_paths(
        "{/aa: {get: {parameters: [{in: header, name: h, required: true}, {in: query, name: q, required: true}]}}}",
    ))
    .unwrap();
    let spec = &plan.definition.routes[0].spec;
    assert!(spec.headers.is_empty() && spec.query_params.is_empty());
}

#[test]
fn what_is_only_looked_at_may_have_any_shape() {
    for odd in [
        "1",
        "null",
        "x",
        "[1, [2], {a: b}]",
        "{a: [b], 1: 2}",
        "true",
        "1.5",
        "-1",
        ".nan",
        ".inf",
        "2001-12-14",
        "123456789012345678901234567890",
        "-123456789012345678901234567890",
        "!odd x",
        "''",
        "[[[[[[]]]]]]",
        "{[a]: b}",
        "{'': 1}",
    ] {
        // With a comment first, so that an error would be that of YAML and not of JSON.
        let plan = import(&format!(
            "# {odd}\n{}",
            with_paths(&format!(
                "{{/aa: {{parameters: {odd}, description: {odd}, get: {{responses: {odd}, security: {odd}, \
               parameters: {odd}, externalDocs: {odd}, deprecated: {odd}, x-a: {odd}}}}}}}"
            ))
        ));
        assert_eq!(lines(&plan.unwrap_or_else(|error| panic!("{odd}: {error}"))), ["aa GET /v1/aa"], "{odd}");
    }
}

#[test]
fn routes_that_answer_the_same_after_an_edit_are_told() {
    let current = import(&with_paths("{/aa: {get: {}}}")).unwrap().definition;
    let mut spec = current.routes[0].spec.clone();
    spec.path.value = "/v1/bb".to_owned();
    let current = current.clone().put_route(current.routes[0].id, spec).unwrap();
    let plan = again(&with_paths("{/aa: {get: {}}, /bb: {get: {}}}"), &current, &Options::default()).unwrap();
    assert_eq!((codes(&plan), plan.definition.routes.len()), (vec!["same_requests"], 2));
}
