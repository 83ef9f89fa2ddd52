//! What an import makes of whole documents. One file per side of it.

mod example;
mod extensions;
mod hostile;
mod merging;
mod properties;
mod reading;
mod reimport;
mod report;
mod security;
mod translation;

use switchtower_domain::{
    api_service::{Definition, Route},
    id::{BackendId, RouteId},
};

use crate::{Document, IdSource, ImportError, Limits, Options, Plan, parse, plan};

/// Counts up.
#[derive(Default)]
struct Counter(u128);

impl IdSource for Counter {
    fn route(&mut self) -> RouteId {
        self.0 += 1;
        RouteId::from_parts(1, self.0)
    }

    fn backend(&mut self) -> BackendId {
        self.0 += 1;
        BackendId::from_parts(1, self.0)
    }
}

fn read(text: &str) -> Result<Document, ImportError> {
    parse(text.as_bytes(), Limits::default())
}

/// Imports into `current`; the ids do not meet those of earlier imports.
fn again(text: &str, current: &Definition, options: &Options) -> Result<Plan, ImportError> {
    let start = (current.routes.len() + current.backends.len()) as u128 * 1_000;
    plan(&read(text)?, current, options, &mut Counter(start))
}

fn import(text: &str) -> Result<Plan, ImportError> {
    again(text, &Definition::default(), &Options::default())
}

/// A document with one server and these paths.
fn with_paths(paths: &str) -> String {
    format!(
        "{{openapi: 3.0.3, info: {{title: T, version: '1'}}, servers: [{{url: 'https://a.example/v1'}}], paths: {paths}}}"
    )
}

fn codes(plan: &Plan) -> Vec<&'static str> {
    plan.report.notes.iter().map(|note| note.code).collect()
}

/// `GET,POST /v1/orders` of each route.
fn lines(plan: &Plan) -> Vec<String> {
    plan.definition.routes.iter().map(line).collect()
}

fn line(route: &Route) -> String {
    let methods: Vec<_> = route.spec.methods.iter().map(|method| method.as_str()).collect();
    format!("{} {} {}", route.spec.name, methods.join(","), route.spec.path.value)
}

/// What every plan must hold: names are unique, and what the domain checks is right.
fn assert_valid(definition: &Definition) {
    let mut rebuilt = Definition::default();
    for backend in &definition.backends {
        rebuilt = rebuilt.put_backend(backend.id, backend.spec.clone()).unwrap();
    }
    for route in &definition.routes {
        assert!(!route.spec.backend_refs.is_empty());
        assert!(route.spec.description.as_ref().is_none_or(|text| (1..=1_000).contains(&text.chars().count())));
        assert!(route.spec.tags.len() <= 16);
        let value = &route.spec.path.value;
        assert!(value.starts_with('/') && value.chars().count() <= 1_024, "{value}");
        assert!(!value.contains(|c: char| c.is_whitespace() || c == '?' || c == '#'), "{value}");
        rebuilt = rebuilt.put_route(route.id, route.spec.clone()).unwrap();
    }
    assert_eq!(rebuilt.routes.len(), definition.routes.len());
    assert_eq!(rebuilt.backends.len(), definition.backends.len());
}
