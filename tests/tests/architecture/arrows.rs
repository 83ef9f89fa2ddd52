//! The crates' arrows: what each may see of the house, and what only some may see of the world.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::repository::{names, text};

/// What each crate of the house depends on. Arrows point one way; siblings do not see each other.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("protocol", &["domain"]),
    ("import", &["domain"]),
    ("store", &["domain"]),
    ("render", &["domain", "protocol"]),
    ("control", &["domain", "import", "protocol", "render", "store"]),
    ("api", &["control", "domain", "import", "protocol", "store"]),
    ("host", &["api", "control", "domain", "protocol", "store"]),
    ("agent", &["domain", "protocol", "render"]),
    ("migrate", &["domain"]),
];

/// What functions may see: a `main` is one expression.
const FUNCTIONS: &[&str] = &["api", "host"];

/// What is never deployed, and may see everything.
const FREE: &[&str] = &["tests", "bench"];

/// Crates of the world, by the beginning of their names, and who may see them. The table's client is made by the host and
/// used by the store alone.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("aws-sdk-dynamodb", &["store", "host"]),
    ("aws-sdk-", &["store", "host", "agent"]),
    ("aws-smithy-", &["host"]),
    ("aws-types", &["host"]),
    ("serde_dynamo", &["store", "host"]),
    ("lambda_", &["host"]),
    ("axum", &["api", "host", "agent"]),
    ("http", &["api", "host", "agent"]),
    ("k8s-openapi", &["agent"]),
    ("kube", &["agent"]),
    ("reqwest", &["host", "agent", "migrate"]),
    ("tokio-postgres", &["migrate"]),
    ("tokio", &["host", "agent", "migrate"]),
];

/// The direct dependencies of every package of the workspace, those of its tests left out.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata");
    let packages = metadata.workspace_packages().into_iter().map(|package| {
        let needed = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        (package.name.to_string(), needed.map(|dependency| dependency.name.clone()).collect())
    });
    packages.collect()
}

fn house(dependencies: &BTreeSet<String>) -> BTreeSet<&str> {
    dependencies.iter().filter_map(|name| name.strip_prefix("switchtower-")).collect()
}

#[test]
fn crates_depend_on_what_the_picture_shows() {
    let mut wrong = Vec::new();
    for (package, needed) in dependencies() {
        let name = package.trim_start_matches("switchtower-");
        let needed = house(&needed);
        if FREE.contains(&name) {
            continue;
        }
        let allowed: BTreeSet<&str> = match ARROWS.iter().find(|(crate_, _)| *crate_ == name) {
            Some((_, allowed)) => allowed.iter().copied().collect(),
            None if name.starts_with("functions-") => FUNCTIONS.iter().copied().collect(),
            None => {
                wrong.push(format!(
                    "`{package}` is not in ARROWS of tests/tests/architecture/arrows.rs: say what it may see"
                ));
                continue;
            }
        };
        for extra in needed.difference(&allowed) {
            wrong.push(format!("`{package}` must not depend on `switchtower-{extra}`"));
        }
        if !name.starts_with("functions-") {
            for unused in allowed.difference(&needed) {
                wrong.push(format!("`{package}` does not need `switchtower-{unused}` any more: take it out of ARROWS"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_outside_is_seen_by_few() {
    let mut wrong = Vec::new();
    for (package, needed) in dependencies() {
        let name = package.trim_start_matches("switchtower-");
        for dependency in needed.iter().filter(|_| !FREE.contains(&name)) {
            let rule = OUTSIDE.iter().find(|(outside, _)| dependency.starts_with(outside));
            if let Some((_, allowed)) = rule.filter(|(_, allowed)| !allowed.contains(&name)) {
                wrong.push(format!("`{package}` must not depend on `{dependency}`: only {} may", allowed.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn versions_stand_in_the_root_manifest_only() {
    let mut wrong = Vec::new();
    for group in ["crates", "functions"] {
        for package in names(group) {
            let file = format!("{group}/{package}/Cargo.toml");
            let manifest = text(&file);
            let own = manifest.lines().filter(|line| line.contains("version = \"") || line.contains("path = \".."));
            wrong.extend(own.map(|line| format!("{file}: `{line}` belongs in the root Cargo.toml")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
