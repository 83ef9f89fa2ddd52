//! Fields: how two objects differ, and who owns what, as `managedFields` tells.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{cluster::MANAGER, live, trouble::Claim};

/// The most fields that are looked for.
const MOST: usize = 16;

/// A step into an object: `.name`, or `[2]`.
type Path = Vec<String>;

/// The fields in which an object differs from what it is to be, each with who changed it.
pub(super) fn changed(live: &Value, wanted: &Value) -> Vec<Claim> {
    let mut paths = Vec::new();
    differ(&live::content(live), &live::content(wanted), &mut Vec::new(), &mut paths);
    paths.into_iter().map(|path| Claim { owner: owner(live, &path), field: path.concat() }).collect()
}

fn differ(before: &Value, after: &Value, path: &mut Path, found: &mut Vec<Path>) {
    if before == after || found.len() >= MOST {
        return;
    }
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
            for key in keys {
                path.push(format!(".{key}"));
                let (one, other) = (one.get(key), other.get(key));
                differ(one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null), path, found);
                path.pop();
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                path.push(format!("[{index}]"));
                differ(one, other, path, found);
                path.pop();
            }
        }
        _ => found.push(path.clone()),
    }
}

/// Who changed a field: whoever else owns it, or whoever was last at work on the object when it was taken away.
fn owner(object: &Value, path: &[String]) -> String {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let others: Vec<&Value> = entries.filter(|entry| is_other(entry)).collect();
    let owning = others.iter().find(|entry| entry.get("fieldsV1").is_some_and(|fields| owns(fields, path)));
    let last = || others.iter().max_by_key(|entry| live::text(entry, "/time"));
    let name = owning.or_else(last).and_then(|entry| live::text(entry, "/manager"));
    name.unwrap_or("someone").to_owned()
}

/// Those who write status say nothing about the rest.
fn is_other(entry: &Value) -> bool {
    entry.get("manager").and_then(Value::as_str) != Some(MANAGER) && entry.get("subresource").is_none()
}

/// Whether a manifest has a field, written as the API server writes conflicts: `.spec.listeners[name="http"].port`.
pub(super) fn has(value: &Value, field: &str) -> bool {
    if field.is_empty() {
        return true;
    }
    if let Some(rest) = field.strip_prefix('.') {
        // Keys may have dots themselves.
        let after = |key: &String| {
            rest.strip_prefix(key.as_str()).filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let inner = |(key, inner): (&String, &Value)| after(key).is_some_and(|rest| has(inner, rest));
        return value.as_object().is_some_and(|map| map.iter().any(inner));
    }
    let Some((keys, rest)) = field.strip_prefix('[').and_then(|field| field.split_once(']')) else { return false };
    let is = |item: &Value, pair: &str| {
        let (key, wanted) = pair.split_once('=').unwrap_or(("", pair));
        let wanted = serde_json::from_str::<Value>(wanted).ok();
        let found = if key.is_empty() { Some(item) } else { item.get(key) };
        found.is_some() && found == wanted.as_ref()
    };
    let items = value.as_array().into_iter().flatten();
    items.into_iter().any(|item| keys.split(',').all(|pair| is(item, pair)) && has(item, rest))
}

/// Whether a set of fields (`fieldsV1`) has a field, or something in or around it.
pub(super) fn owns(fields: &Value, path: &[String]) -> bool {
    let (Some(fields), Some((step, rest))) = (fields.as_object(), path.split_first()) else { return true };
    if fields.is_empty() {
        return true;
    }
    match step.strip_prefix('.') {
        Some(name) => fields.get(&format!("f:{name}")).is_some_and(|inner| owns(inner, rest)),
        // Items of lists are named by their keys, which an index does not tell.
        None => fields.iter().any(|(key, inner)| key.starts_with("k:") && owns(inner, rest)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(steps: &[&str]) -> Path {
        steps.iter().map(|step| (*step).to_owned()).collect()
    }

    #[test]
    fn a_field_is_owned_through_maps_atomic_lists_and_keyed_lists() {
        let fields =
            json!({ "f:spec": { "f:rules": {}, "f:listeners": { r#"k:{"name":"http"}"#: { "f:port": {} } } } });
        assert!(owns(&fields, &path(&[".spec", ".rules", "[0]", ".name"])));
        assert!(owns(&fields, &path(&[".spec", ".listeners", "[0]", ".port"])));
        assert!(!owns(&fields, &path(&[".spec", ".listeners", "[0]", ".hostname"])));
        assert!(!owns(&fields, &path(&[".spec", ".hostnames"])));
    }

    #[test]
    fn a_field_of_a_conflict_is_found_in_a_manifest() {
        let manifest = json!({
            "metadata": { "annotations": { "switchtower.dev/generation": "1" } },
            "spec": { "listeners": [{ "name": "http", "port": 80 }], "hostnames": ["a"] },
        });
        for field in [
            ".spec.listeners[name=\"http\"].port",
            ".metadata.annotations.switchtower.dev/generation",
            ".spec.hostnames",
        ] {
            assert!(has(&manifest, field), "{field}");
        }
        for field in
            [".spec.listeners[name=\"https\"].port", ".spec.listeners[name=\"http\"].tls", ".spec.host", "spec"]
        {
            assert!(!has(&manifest, field), "{field}");
        }
    }

    #[test]
    fn what_differs_is_named_as_deep_as_it_can_be_with_who_did_it() {
        let entry =
            |manager: &str, fields: Value| json!({ "manager": manager, "operation": "Update", "fieldsV1": fields });
        let managed = json!([
            entry("kubectl-edit", json!({ "f:spec": { "f:b": {} } })),
            entry("other", json!({ "f:spec": { "f:c": {} } }))
        ]);
        let before =
            json!({ "metadata": { "managedFields": managed }, "spec": { "a": [1, { "x": 1 }], "b": 1 }, "status": 1 });
        let after = json!({ "metadata": {}, "spec": { "a": [1, { "x": 2 }], "b": 2 }, "status": 2 });
        let changed: Vec<_> = changed(&before, &after).into_iter().map(|claim| (claim.field, claim.owner)).collect();
        assert_eq!(changed[0].0, ".spec.a[1].x");
        assert_eq!(changed[1], (".spec.b".to_owned(), "kubectl-edit".to_owned()));
        assert_eq!(changed.len(), 2);
    }
}
