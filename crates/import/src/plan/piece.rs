//! What routes and backends have in common when an import merges them.

use serde::Serialize;
use serde_json::{Map, Value};
use switchtower_domain::{
    api_service::{Backend, BackendInput, Origin, Route, RouteInput},
    name::Name,
};

use super::changes::FieldChange;

/// A route or a backend.
pub(super) trait Piece {
    type Spec: Serialize + PartialEq;
    fn name(&self) -> &Name;
    fn origin(&mut self) -> &mut Origin;
    fn spec(&mut self) -> &mut Self::Spec;
}

impl Piece for Route {
    type Spec = RouteInput;

    fn name(&self) -> &Name {
        &self.spec.name
    }

    fn origin(&mut self) -> &mut Origin {
        &mut self.origin
    }

    fn spec(&mut self) -> &mut RouteInput {
        &mut self.spec
    }
}

impl Piece for Backend {
    type Spec = BackendInput;

    fn name(&self) -> &Name {
        &self.spec.name
    }

    fn origin(&mut self) -> &mut Origin {
        &mut self.origin
    }

    fn spec(&mut self) -> &mut BackendInput {
        &mut self.spec
    }
}

/// The fields that differ, as JSON; null where there is none.
pub(super) fn differences<T: Serialize>(before: &T, after: &T) -> Vec<FieldChange> {
    let (mut before, after) = (fields(before), fields(after));
    let mut differences = Vec::new();
    for (field, after) in after {
        let before = before.remove(&field).unwrap_or_default();
        if before != after {
            differences.push(FieldChange { field, before, after });
        }
    }
    differences.extend(before.into_iter().map(|(field, before)| FieldChange { field, before, after: Value::Null }));
    differences
}

fn fields<T: Serialize>(spec: &T) -> Map<String, Value> {
    match serde_json::to_value(spec) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}
