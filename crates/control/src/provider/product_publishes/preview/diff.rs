//! How two sets of objects differ, by field and as text.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;
use switchtower_render::Object;
use utoipa::ToSchema;

/// The most fields that are told of one object; the first of a list that differs stands for what follows.
const MOST_FIELDS: usize = 100;

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is there, and becomes another.
    Changed,
    /// It goes.
    Removed,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldDifference {
    /// A JSON pointer into the object.
    pub pointer: String,
    /// What is there; null when nothing is.
    pub before: Value,
    /// What would be there; null when nothing would.
    pub after: Value,
}

/// An object that differs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ObjectChange {
    /// What becomes of it.
    pub change: ChangeKind,
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The fields that differ, of an object that is changed; at most 100.
    pub fields: Vec<FieldDifference>,
}

type Key<'a> = (&'a str, &'a str, &'a str);

fn key(object: &Object) -> Key<'_> {
    (object.kind, &object.namespace, &object.name)
}

fn by_key(objects: &[Object]) -> BTreeMap<Key<'_>, &Object> {
    objects.iter().map(|object| (key(object), object)).collect()
}

/// Pairs of objects that differ: those to come in their order, then those to go.
fn pairs<'a>(before: &'a [Object], after: &'a [Object]) -> Vec<(Option<&'a Object>, Option<&'a Object>)> {
    let (old, new) = (by_key(before), by_key(after));
    let to_come = after.iter().map(|object| (old.get(&key(object)).copied(), Some(object)));
    let to_go = before.iter().filter(|object| !new.contains_key(&key(object))).map(|object| (Some(object), None));
    let differs = |pair: &(Option<&Object>, Option<&Object>)| match pair {
        (Some(old), Some(new)) => old.manifest != new.manifest,
        _ => true,
    };
    to_come.chain(to_go).filter(differs).collect()
}

/// The objects that differ, by field.
pub(super) fn changes(before: &[Object], after: &[Object]) -> Vec<ObjectChange> {
    let told = |(old, new): (Option<&Object>, Option<&Object>)| {
        let object = new.or(old)?;
        let mut fields = Vec::new();
        let change = match (old, new) {
            (Some(old), Some(new)) => {
                compare(&old.manifest, &new.manifest, &mut String::new(), &mut fields);
                ChangeKind::Changed
            }
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
        };
        let (kind, namespace, name) = (object.kind, object.namespace.clone(), object.name.clone());
        Some(ObjectChange { change, kind, namespace, name, fields })
    };
    pairs(before, after).into_iter().filter_map(told).collect()
}

/// The objects that differ, as a unified diff.
pub(super) fn text(before: &[Object], after: &[Object]) -> String {
    let mut text = String::new();
    for (old, new) in pairs(before, after) {
        let Some(object) = new.or(old) else { continue };
        let name = format!("{}/{}/{}", object.kind, object.namespace, object.name);
        let side = |side: Option<&Object>| {
            (
                side.map_or_else(|| "/dev/null".to_owned(), |_| name.clone()),
                side.map(Object::to_yaml).unwrap_or_default(),
            )
        };
        let ((old_name, old), (new_name, new)) = (side(old), side(new));
        let diff = TextDiff::from_lines(&old, &new);
        text.push_str(&diff.unified_diff().context_radius(3).header(&old_name, &new_name).to_string());
    }
    text
}

fn compare(before: &Value, after: &Value, pointer: &mut String, fields: &mut Vec<FieldDifference>) {
    if before == after || fields.len() >= MOST_FIELDS {
        return;
    }
    let length = pointer.len();
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for key in keys {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                let side = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                compare(&side(old), &side(new), pointer, fields);
                pointer.truncate(length);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for index in 0..old.len().max(new.len()) {
                pointer.push_str(&format!("/{index}"));
                let side = |list: &[Value]| list.get(index).cloned().unwrap_or_default();
                compare(&side(old), &side(new), pointer, fields);
                pointer.truncate(length);
            }
        }
        _ => fields.push(FieldDifference { pointer: pointer.clone(), before: before.clone(), after: after.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(name: &str, spec: Value) -> Object {
        Object {
            api_version: "gateway.networking.k8s.io/v1",
            kind: "HTTPRoute",
            namespace: "edge".to_owned(),
            name: name.to_owned(),
            manifest: json!({ "kind": "HTTPRoute", "metadata": { "name": name }, "spec": spec }),
        }
    }

    #[test]
    fn objects_that_come_go_and_change_are_told_with_their_fields() {
        let before =
            [object("a", json!({ "x/y": 1, "list": [1, 2] })), object("gone", json!({})), object("same", json!(1))];
        let after = [object("same", json!(1)), object("a", json!({ "x/y": 2, "list": [1] })), object("new", json!({}))];
        let changes = changes(&before, &after);
        let told: Vec<_> = changes.iter().map(|change| (change.change, change.name.as_str())).collect();
        let expected = [(ChangeKind::Changed, "a"), (ChangeKind::Added, "new"), (ChangeKind::Removed, "gone")];
        assert_eq!(told, expected);
        let field =
            |pointer: &str, before: Value, after: Value| FieldDifference { pointer: pointer.to_owned(), before, after };
        let expected = [field("/spec/list/1", json!(2), Value::Null), field("/spec/x~1y", json!(1), json!(2))];
        assert_eq!(changes[0].fields, expected);
    }

    #[test]
    fn the_text_is_a_unified_diff_of_what_differs_only() {
        let before = [object("a", json!({ "x": 1 })), object("same", json!(1))];
        let after = [object("a", json!({ "x": 2 })), object("same", json!(1))];
        let text = text(&before, &after);
        assert!(text.starts_with("--- HTTPRoute/edge/a\n+++ HTTPRoute/edge/a\n@@"), "{text}");
        assert!(text.contains("\n-  x: 1\n+  x: 2\n"), "{text}");
        assert!(!text.contains("same"));
        assert_eq!(super::text(&after, &after), "");
    }
}
