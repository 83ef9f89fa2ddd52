//! The OpenAPI document: sound in itself, and committed as `docs/openapi.json`.

use std::collections::BTreeSet;

use serde_json::Value;
use switchtower_api::openapi;

use crate::repository::{at, text};

const FILE: &str = "docs/openapi.json";

fn document() -> Value {
    serde_json::to_value(openapi::document()).expect("JSON")
}

/// Every operation with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let items = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().expect("operations").iter().map(move |(m, o)| (m, path, o)));
    items.map(|(method, path, operation)| (format!("{method} {path}"), operation)).collect()
}

fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// What a reference leads to.
fn resolve<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    let target = value["$ref"].as_str().and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    target.unwrap_or(value)
}

#[test]
fn the_committed_document_is_current() {
    let mut current = serde_json::to_string_pretty(&openapi::document()).expect("JSON");
    current.push('\n');
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(at(FILE), &current).expect("the document is written");
    }
    assert!(
        text(FILE) == current,
        "{FILE} is stale: run `UPDATE=1 cargo test -p switchtower-tests --test architecture`"
    );
}

#[test]
fn it_is_openapi_3_1() {
    let document = document();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    assert_eq!(document["servers"][0]["url"], "/");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    let lost = |reference: &&&str| document.pointer(reference.trim_start_matches('#')).is_none();
    assert_eq!(
        found.iter().filter(lost).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "add them in crates/api/src/openapi.rs"
    );
}

#[test]
fn every_operation_says_what_it_does_and_answers() {
    let document = document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut wrong = Vec::new();
    for (name, operation) in operations(&document) {
        if operation["summary"].as_str().is_none_or(str::is_empty) {
            wrong.push(format!("{name}: its handler has no doc comment, so there is no summary"));
        }
        let own = operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        wrong.extend(
            own.filter(|tag| !tags.contains(tag))
                .map(|tag| format!("{name}: describe the tag `{tag}` in TAGS of crates/api/src/openapi.rs")),
        );
        let answers = operation["responses"].as_object().expect("responses");
        let silent = answers.iter().map(|(status, answer)| (status, resolve(&document, answer)));
        let silent = silent.filter(|(_, answer)| answer["description"].as_str().is_none_or(str::is_empty));
        wrong.extend(silent.map(|(status, _)| format!("{name}: the answer {status} has no description")));
        if !answers.keys().any(|status| status.starts_with('2')) {
            wrong.push(format!("{name}: it has no answer for success"));
        }
        if !answers.contains_key("500") {
            wrong.push(format!("{name}: add `Problems` to its responses"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_parameters_of_every_path_are_declared() {
    let document = document();
    let mut wrong = Vec::new();
    for (name, operation) in operations(&document) {
        let wanted: BTreeSet<_> =
            name.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let declared: BTreeSet<_> = parameters
            .filter(|parameter| parameter["in"] == "path" && parameter["required"] == true)
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        if wanted != declared {
            wrong.push(format!("{name}: its path has {wanted:?}, its handler declares {declared:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_post_takes_an_idempotency_key() {
    let document = document();
    let has_key = |operation: &Value| {
        operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == "Idempotency-Key")
    };
    let posts = operations(&document).into_iter().filter(|(name, _)| name.starts_with("post "));
    let without: Vec<_> = posts.filter(|(_, operation)| !has_key(operation)).map(|(name, _)| name).collect();
    assert!(without.is_empty(), "add `IdempotencyHeader` to the `params` of: {}", without.join(", "));
}

#[test]
fn security_is_declared_and_only_the_public_needs_none() {
    let document = document();
    let schemes = document["components"]["securitySchemes"].as_object().expect("security schemes");
    for (name, operation) in operations(&document) {
        let wanted = operation["security"].as_array().unwrap_or_else(|| panic!("{name}: no `security`"));
        assert!(
            wanted
                .iter()
                .flat_map(|one| one.as_object().expect("a scheme").keys())
                .all(|scheme| schemes.contains_key(scheme)),
            "{name}"
        );
        let free = name.contains(" /v1/public/") || name == "post /v1/agent/registrations";
        assert_eq!(wanted.is_empty(), free, "{name}: {wanted:?}");
    }
}
