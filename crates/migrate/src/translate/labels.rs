//! Labels: those of v1 that are labels here too, and two of our own by which the resource is found again.

use serde_json::{Map, Value};

use crate::{
    digest,
    fields::{Fields, plain},
    finding::Finding,
    wanted::{IMPORTED_FROM, Key, V1_ID},
};

/// The most labels of a resource.
const MOST: usize = 32;
/// The most characters of a label's key, and of its value.
const MAX: usize = 63;

/// The labels of a resource that comes from a row.
pub(super) fn of(key: &Key, fields: &mut Fields) -> Result<Map<String, Value>, Finding> {
    let (name, value) = IMPORTED_FROM;
    let mut labels = Map::from_iter([(name.to_owned(), value.into()), (V1_ID.to_owned(), id(&key.id).into())]);
    for (name, value) in fields.map(&["labels"])? {
        let text = plain(&value).or_else(|| value.as_bool().map(|flag| flag.to_string()));
        match text.filter(|text| is_key(&name) && is_value(text)) {
            Some(_) if labels.contains_key(&name) || labels.len() >= MOST => {
                fields.remark(
                    "labels",
                    format!("Label `{name}` is left out: there is no room for it."),
                    "Give up another one.",
                );
            }
            Some(text) => {
                labels.insert(name, text.into());
            }
            None => {
                let problem = "A label is left out: keys and values have 63 letters, digits, `-`, `_` and `.` at most.";
                fields.remark("labels", problem, "Spell it in another way, or keep it in the description.");
            }
        }
    }
    Ok(labels)
}

/// An id of v1 as the value of a label.
pub(crate) fn id(id: &str) -> String {
    if is_value(id) { id.to_owned() } else { format!("sha256-{}", digest::short(id, 32)) }
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && is_made_of(text, "-_./")
}

fn is_value(text: &str) -> bool {
    is_made_of(text, "-_.")
}

fn is_made_of(text: &str, marks: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let inner = text.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c));
    text.len() <= MAX && inner && edge(text.chars().next()) && edge(text.chars().next_back())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_of_v1_stay_where_they_can_and_are_told_where_not() {
        let mut fields =
            Fields::of(&json!({ "labels": { "team": "pay", "tier": 1, "why": "because, you see", "v1-id": "x" } }));
        let labels = of(&Key::new("products", "7"), &mut fields).unwrap();
        let expected = json!({ "imported-from": "imp-gateway-v1", "v1-id": "7", "team": "pay", "tier": "1" });
        assert_eq!(Value::Object(labels), expected);
        assert_eq!(fields.remarks.len(), 2);
    }

    #[test]
    fn an_id_that_is_no_label_is_still_one_every_time() {
        assert_eq!(id("6f9619ff-8b86-d011"), "6f9619ff-8b86-d011");
        assert_eq!(id("a b"), id("a b"));
        assert!(is_value(&id("a b")) && is_value(&id(&"x".repeat(99))));
    }
}
