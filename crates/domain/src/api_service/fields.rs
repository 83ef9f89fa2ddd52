//! The fields of a route or a backend by name, so that they can be compared and merged one by one.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// Fields as JSON; what is not there is left out or null.
pub type Fields = Map<String, Value>;

/// The field whose keys count as fields of their own, named `extensions/x-…`. Each value stands in a list of its own, so
/// that null is a value and not the absence of one.
const EXTENSIONS: &str = "extensions";

/// The fields of a route or a backend.
pub fn fields_of<T: Serialize>(spec: &T) -> Fields {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(spec) else { return Fields::new() };
    if let Some(Value::Object(extensions)) = fields.remove(EXTENSIONS) {
        fields.extend(
            extensions.into_iter().map(|(key, value)| (format!("{EXTENSIONS}/{key}"), Value::Array(vec![value]))),
        );
    }
    fields
}

/// The route or backend of these fields; `None` when they make none.
pub fn of_fields<T: DeserializeOwned>(fields: Fields) -> Option<T> {
    let mut whole = Fields::new();
    let mut extensions = Fields::new();
    for (field, value) in fields.into_iter().filter(|(_, value)| !value.is_null()) {
        match field.strip_prefix(EXTENSIONS).and_then(|rest| rest.strip_prefix('/')) {
            Some(key) => extensions.insert(key.to_owned(), shown(&field, value)),
            None => whole.insert(field, value),
        };
    }
    if !extensions.is_empty() {
        whole.insert(EXTENSIONS.to_owned(), Value::Object(extensions));
    }
    serde_json::from_value(Value::Object(whole)).ok()
}

/// The value of a field as people know it.
pub fn shown(field: &str, value: Value) -> Value {
    match value {
        Value::Array(mut alone) if field.contains('/') => alone.pop().unwrap_or_default(),
        value => value,
    }
}

/// The fields of `wanted` that are other in `present`; null for those that only `present` has.
pub fn differing(present: &Fields, wanted: &Fields) -> Fields {
    let missing = present.keys().filter(|field| !wanted.contains_key(*field)).map(|field| (field, &Value::Null));
    let differs = |(field, value): &(&String, &Value)| present.get(*field).unwrap_or(&Value::Null) != *value;
    wanted.iter().chain(missing).filter(differs).map(|(field, value)| (field.clone(), value.clone())).collect()
}
