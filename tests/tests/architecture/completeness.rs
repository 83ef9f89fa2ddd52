//! Operations, routers, binaries, templates, alarms and sample events name the same things.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use switchtower_api::{openapi, routes};
use switchtower_domain::{operation, role::Role};

use crate::repository::{after, at, list_below, names, stems, text};

/// Every binary of a function, with the file that it is in.
fn binaries() -> BTreeMap<String, String> {
    let mut binaries = BTreeMap::new();
    for persona in names("functions") {
        let folder = format!("functions/{persona}/src/bin");
        for name in stems(&folder, ".rs") {
            binaries.insert(name.clone(), format!("{folder}/{name}.rs"));
        }
    }
    binaries
}

/// The functions of the templates, by the binary that they run.
fn template_functions() -> BTreeSet<String> {
    let mut functions = BTreeSet::new();
    for file in stems("infra/functions", ".yaml") {
        let template = text(&format!("infra/functions/{file}.yaml"));
        let names = after(&template, "FunctionName: !Sub ${StackName}-");
        let code = after(&template, "CodeUri: ../../target/lambda/");
        assert_eq!(names, code, "infra/functions/{file}.yaml: a function and its binary have the same name");
        functions.extend(code.into_iter().map(str::to_owned));
    }
    functions
}

/// What HTTP functions the API's template routes to, and from which path.
fn template_routes() -> BTreeMap<String, String> {
    let template = text("infra/http-api.yaml");
    let rows =
        after(&template, "{Function: ").into_iter().filter_map(|row| row.trim_end_matches('}').split_once(", Path: "));
    rows.map(|(function, path)| (function.to_owned(), path.to_owned())).collect()
}

fn http_functions() -> BTreeMap<String, String> {
    routes::ALL.iter().map(|resource| (resource.function.to_owned(), resource.path.to_owned())).collect()
}

/// Complains about what is in one list and not in the other.
fn compare(wanted: &BTreeSet<String>, found: &BTreeSet<String>, missing: &str, surplus: &str) -> Vec<String> {
    let missing = wanted.difference(found).map(|name| format!("`{name}`: {missing}"));
    let surplus = found.difference(wanted).map(|name| format!("`{name}`: {surplus}"));
    missing.chain(surplus).collect()
}

fn keys(map: &BTreeMap<String, String>) -> BTreeSet<String> {
    map.keys().cloned().collect()
}

fn expect_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_operation_has_an_endpoint_and_every_endpoint_an_operation() {
    let table: BTreeSet<String> = operation::ALL.iter().map(|operation| operation.id.to_owned()).collect();
    let document = serde_json::to_value(openapi::document()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let endpoints = paths.values().flat_map(|item| item.as_object().expect("operations").values());
    let endpoints = endpoints.filter_map(|endpoint| endpoint["operationId"].as_str()).map(str::to_owned).collect();
    expect_none(&compare(
        &table,
        &endpoints,
        "write its handler in crates/api and register it in its file's `routes`, or take the row out of crates/domain/src/operation.rs",
        "add a row with its permission to crates/domain/src/operation.rs",
    ));
}

#[test]
fn every_permission_of_a_role_is_needed_by_an_operation() {
    let needed = |granted: &str| {
        let own = |needed: &str| {
            granted == needed || granted.strip_suffix('*').is_some_and(|prefix| needed.starts_with(prefix))
        };
        operation::ALL.iter().any(|operation| own(operation.permission))
    };
    let rows = Role::ALL.into_iter().flat_map(|role| role.permissions().iter().map(move |granted| (role, granted)));
    let unused = rows.filter(|(_, granted)| !needed(granted));
    let wrong: Vec<_> = unused
        .map(|(role, granted)| {
            format!("`{granted}` of `{}`: no operation needs it; take it out of crates/domain/src/role.rs", role.name())
        })
        .collect();
    expect_none(&wrong);
}

#[test]
fn every_router_has_a_binary_that_serves_it() {
    let binaries = binaries();
    let mut wrong = Vec::new();
    for resource in routes::ALL {
        let constant = resource.function.replace('-', "_").to_uppercase();
        let main = format!("routes::{constant}");
        let persona = resource.function.split('-').next().unwrap_or_default();
        match binaries.get(resource.function) {
            None => wrong.push(format!(
                "`{}`: add functions/{persona}/src/bin/{}.rs, which serves `{main}`",
                resource.function, resource.function
            )),
            Some(file) if !text(file).contains(&main) => wrong.push(format!("{file}: it must serve `{main}`")),
            Some(_) => {}
        }
    }
    for (name, file) in &binaries {
        let serves = text(file);
        if serves.contains("routes::") && !routes::ALL.iter().any(|resource| resource.function == name) {
            wrong.push(format!("`{name}`: {file} serves a router; add it to ALL of crates/api/src/routes.rs"));
        }
    }
    expect_none(&wrong);
}

#[test]
fn every_binary_has_a_function_in_a_template() {
    expect_none(&compare(
        &keys(&binaries()),
        &template_functions(),
        "add its function, role and log group to infra/functions/<persona>.yaml",
        "a template names it: add its binary to functions/<persona>/src/bin, or take it out of infra/functions",
    ));
}

#[test]
fn every_router_has_routes_at_its_path() {
    let (wanted, found) = (http_functions(), template_routes());
    let mut wrong = compare(
        &keys(&wanted),
        &keys(&found),
        "add its row to Mappings of infra/http-api.yaml, and its name to the loop below",
        "infra/http-api.yaml routes to it: add it to ALL of crates/api/src/routes.rs, or take the row out",
    );
    for (function, path) in &wanted {
        if let Some(other) = found.get(function).filter(|other| *other != path) {
            wrong.push(format!(
                "`{function}`: infra/http-api.yaml says `{other}`, crates/api/src/routes.rs says `{path}`"
            ));
        }
    }
    let template = text("infra/http-api.yaml");
    let rows = template.lines().filter(|line| line.contains("{Function: ") && line.contains(", Path: "));
    let rows = rows.filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned())).collect();
    let looped = list_below(&template, "Fn::ForEach::Routes:");
    wrong.extend(compare(
        &rows,
        &looped,
        "add it to the list below Fn::ForEach::Routes of infra/http-api.yaml",
        "it has no row in Mappings of infra/http-api.yaml",
    ));
    expect_none(&wrong);
}

#[test]
fn every_function_has_alarms() {
    let watched = list_below(&text("infra/alarms.yaml"), "Fn::ForEach::Functions:");
    expect_none(&compare(
        &keys(&binaries()),
        &watched,
        "add it to the list below Fn::ForEach::Functions of infra/alarms.yaml",
        "infra/alarms.yaml watches it, but there is no such binary",
    ));
}

#[test]
fn every_function_has_a_sample_event() {
    expect_none(&compare(
        &keys(&binaries()),
        &stems("events", ".json"),
        "add a real event of its kind as events/<function>.json",
        "there is a sample event, but no such binary",
    ));
}

#[test]
fn sample_requests_are_for_endpoints_that_exist() {
    let document = serde_json::to_value(openapi::document()).expect("JSON");
    let mut wrong = Vec::new();
    for resource in routes::ALL.iter().filter(|resource| at(&format!("events/{}.json", resource.function)).exists()) {
        let file = format!("events/{}.json", resource.function);
        let event: Value = serde_json::from_str(&text(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let path = event["rawPath"].as_str().unwrap_or_default();
        let method = event["requestContext"]["http"]["method"].as_str().unwrap_or_default();
        if event["version"] != "2.0" || !path.starts_with(resource.path) || !answers(&document, path, method) {
            wrong.push(format!("{file}: `{method} {path}` is not an endpoint of `{}`", resource.function));
        }
    }
    expect_none(&wrong);
}

fn answers(document: &Value, path: &str, method: &str) -> bool {
    let given: Vec<_> = path.split('/').collect();
    let fits = |template: &str| {
        let parts: Vec<_> = template.split('/').collect();
        parts.len() == given.len()
            && parts.iter().zip(&given).all(|(part, given)| part.starts_with('{') || part == given)
    };
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().any(|(template, item)| fits(template) && item.get(method.to_lowercase()).is_some())
}
