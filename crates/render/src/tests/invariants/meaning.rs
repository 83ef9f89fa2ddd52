//! Whether objects say what the snapshot says: both are put in the words of the snapshot, and compared.

mod actual;
mod expected;

use std::collections::BTreeMap;

use serde_json::Value;
use switchtower_domain::api_service::Route;
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use crate::{Object, Rendered};

/// A match and what becomes of a request, as JSON; and for which host names that is so.
type Meanings = BTreeMap<String, Vec<String>>;

pub(super) fn assert_same(snapshot: &Snapshot, rendered: &Rendered) {
    assert_eq!(
        differences(&expected::routes(snapshot), &actual::routes(rendered)),
        Vec::<String>::new(),
        "every match of every route is there once for each host name, and leads where it should"
    );
    let backends: Vec<_> = snapshot.api_services.iter().flat_map(|service| &service.backends).collect();
    assert_eq!(actual::count(rendered, "Backend"), backends.len());
    for backend in backends {
        assert_eq!(expected::backend(backend), actual::backend(rendered, &backend.id.to_string()));
    }
    assert_eq!(serde_json::to_value(&snapshot.publish.auth).unwrap(), actual::auth(rendered));
    for listener in &snapshot.gateway.listeners {
        assert_eq!(expected::listener(snapshot, listener), actual::listener(rendered, listener.name.as_str()));
    }
    assert_eq!(actual::listeners(rendered), snapshot.gateway.listeners.len());
}

/// What becomes of a request that a rule gets, as JSON.
pub(in crate::tests) fn of_rule(rendered: &Rendered, http_route: &Object, rule: &Value) -> String {
    tidy(actual::of_rule(rendered, http_route, rule)).to_string()
}

/// What the snapshot wants to become of a request that a route gets, as JSON.
pub(in crate::tests) fn of_route(snapshot: &Snapshot, service: &ApiServicePart, route: &Route) -> String {
    tidy(expected::treatment(snapshot, service, route)).to_string()
}

fn differences(expected: &Meanings, actual: &Meanings) -> Vec<String> {
    let only = |word: &str, these: &Meanings, those: &Meanings| -> Vec<String> {
        let missing = these.iter().filter(|(key, hosts)| those.get(*key) != Some(hosts));
        missing.map(|(key, hosts)| format!("{word} {hosts:?} {key}")).collect()
    };
    let mut all = only("wanted", expected, actual);
    all.extend(only("found", actual, expected));
    all
}

/// Puts the host names in order, each as often as it was said.
fn in_order(mut meanings: Meanings) -> Meanings {
    meanings.values_mut().for_each(|hosts| hosts.sort());
    meanings
}

/// Drops what is null or empty, so that what is not said and what is said to be nothing are the same.
fn tidy(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, tidy(value)))
            .filter(|(_, value)| {
                !value.is_null()
                    && *value != Value::Array(Vec::new())
                    && *value != Value::Object(serde_json::Map::new())
            })
            .collect(),
        Value::Array(values) => values.into_iter().map(tidy).collect(),
        other => other,
    }
}

fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(ToString::to_string);
    values
}
