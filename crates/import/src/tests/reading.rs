//! What is read, and what is refused.

use super::*;

#[test]
fn json_and_yaml_of_3_0_to_3_2_are_read() {
    for version in ["3.0.0", "3.0.3", "3.1.0", "3.1.1", "3.2.0"] {
        let json = format!(r#"{{"openapi":"{version}","paths":{{"/a":{{"get":{{}}}}}}}}"#);
        let yaml = format!("# a comment\n---\nopenapi: {version}\npaths:\n  /a:\n    get: {{}}\n");
        assert_eq!(read(&json).unwrap().openapi(), version);
        assert_eq!(read(&yaml).unwrap(), read(&json).unwrap());
        assert_eq!(read(&format!("\u{feff} \n{json}")).unwrap().path_count(), 1);
    }
}

#[test]
fn yaml_may_begin_with_a_brace() {
    assert!(read("{openapi: 3.0.0, paths: {}}").is_ok());
}

#[test]
fn other_versions_are_refused_by_name() {
    for (text, version) in [
        ("swagger: '1.2'\npaths: {}", "1.2"),
        (r#"{"openapi": "3.3.0"}"#, "3.3.0"),
        (r#"{"openapi": "4.0.0"}"#, "4.0.0"),
        (r#"{"openapi": 3}"#, "3"),
    ] {
        assert_eq!(read(text), Err(ImportError::UnsupportedVersion { found: version.to_owned() }), "{text}");
    }
}

#[test]
fn swagger_2_is_refused_with_what_to_do() {
    for text in ["swagger: '2.0'\npaths: {}", "swagger: 2.0\npaths: {}", r#"{"swagger": "2.0", "host": "a.example"}"#] {
        assert_eq!(read(text), Err(ImportError::Swagger), "{text}");
    }
    assert!(ImportError::Swagger.to_string().contains("convert it first"));
}

#[test]
fn what_is_no_openapi_document_is_said_to_be_none() {
    for text in ["", "{}", "null", "a: b", "# nothing"] {
        assert_eq!(read(text), Err(ImportError::NotOpenApi), "{text}");
    }
    assert_eq!(parse(&[0xff, 0xfe, 0], Limits::default()), Err(ImportError::NotUtf8));
}

#[test]
fn a_malformed_document_is_refused_with_its_place() {
    for (text, line) in [
        ("{\n\"openapi\": \"3.0.0\",\n\"paths\": {]}", 3),
        ("{\"openapi\": \"3.0.0\", \"paths\": []}", 1),
        ("{\"openapi\": \"3.0.0\",\n \"paths\": {\"/a\": {},\n \"/a\": {}}}", 3),
        ("openapi: 3.0.0\npaths:\n  /a: 5\n", 3),
        ("openapi: 3.0.0\npaths:\n\t/a: {}\n", 3),
        ("openapi: 3.0.0\npaths: {}\npaths: {}\n", 3),
        ("openapi: 3.0.0\nservers:\n  - description: no url\n", 3),
        ("just a sentence", 1),
        ("[1, 2]", 1),
    ] {
        match read(text) {
            Err(ImportError::Malformed { line: found, column, reason }) => {
                assert_eq!(found, line, "{text}: {reason}");
                assert!(column > 0 && !reason.is_empty() && !reason.contains('\n'), "{text}: {reason}");
                assert!(!reason.contains("struct") && !reason.contains("serde"), "{text}: {reason}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn numbers_where_texts_belong_keep_their_spelling() {
    let plan = import(
        "openapi: 3.0.0\ninfo: {title: 7, version: 1.0}\nservers: [{url: 'http://a.example'}]\npaths: {/a: {get: {}}}",
    );
    let suggestions = plan.unwrap().suggestions;
    assert_eq!(suggestions.version.as_deref(), Some("1.0"));
}

#[test]
fn empty_values_are_as_good_as_none() {
    let plan = import(
        "openapi: 3.0.0\ninfo:\nservers: [{url: 'http://a.example'}]\ncomponents:\npaths:\n  /a:\n    get:\n  /b:\n",
    );
    assert_eq!(lines(&plan.unwrap()), ["route-a GET /a"]);
}

#[test]
fn yaml_anchors_and_merge_keys_are_followed() {
    let text = "openapi: 3.0.0\nservers: [{url: 'http://a.example'}]\nx-common: &common\n  summary: Same\n\
                paths:\n  /aa:\n    get: &get\n      <<: *common\n      tags: [x]\n  /bb:\n    get: *get\n";
    let plan = import(text).unwrap();
    assert!(plan.definition.routes.iter().all(|route| route.spec.description.as_deref() == Some("Same")));
    assert_eq!(plan.definition.routes.len(), 2);
}
