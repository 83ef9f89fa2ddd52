//! Objects as an API server keeps them: who owns which field, and what server-side apply makes of that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// A field: the steps to it in the words of `fieldsV1`.
type Field = Vec<String>;

/// Lists whose items are known by a key; all others are one field.
const KEYED: [(&str, &str); 1] = [("f:spec/f:listeners", "name")];

/// Who owns what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Manager {
    pub(crate) name: String,
    operation: &'static str,
    subresource: Option<&'static str>,
    fields: BTreeSet<Field>,
    time: u64,
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) object: Value,
    pub(crate) managers: Vec<Manager>,
}

/// A field that another one owns.
pub(crate) struct Conflict {
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Stored {
    pub(crate) fn new(object: Value) -> Self {
        Self { object, managers: Vec::new() }
    }

    /// The object as a client sees it.
    pub(crate) fn shown(&self) -> Value {
        let mut object = self.object.clone();
        let entry = |manager: &Manager| {
            let mut entry = json!({
                "manager": manager.name, "operation": manager.operation, "apiVersion": self.object["apiVersion"],
                "time": format!("2026-01-01T00:00:{:02}Z", manager.time), "fieldsType": "FieldsV1", "fieldsV1": tree(&manager.fields),
            });
            if let Some(subresource) = manager.subresource {
                entry["subresource"] = subresource.into();
            }
            entry
        };
        object["metadata"]["managedFields"] = self.managers.iter().map(entry).collect();
        object
    }

    /// Server-side apply.
    pub(crate) fn apply(&mut self, name: &str, wanted: &Value, force: bool, time: u64) -> Result<(), Vec<Conflict>> {
        let fields = leaves(wanted);
        let own = |manager: &Manager| manager.name == name && manager.operation == "Apply";
        let differs = |field: &Field| at(&self.object, field) != at(wanted, field);
        let mut conflicts = Vec::new();
        for other in self.managers.iter().filter(|manager| !own(manager)) {
            for field in fields.iter().filter(|field| other.fields.contains(*field) && differs(field)) {
                let (api_version, path) = (self.object["apiVersion"].as_str().unwrap(), dotted(field));
                let at = if other.operation == "Update" {
                    format!(" at 2026-01-01T00:00:{:02}Z", other.time)
                } else {
                    String::new()
                };
                let message = format!("conflict with {:?} using {api_version}{at}", other.name);
                conflicts.push(Conflict { field: path, message });
            }
        }
        if !conflicts.is_empty() && !force {
            return Err(conflicts);
        }
        let changed: BTreeSet<Field> = fields.iter().filter(|field| differs(field)).cloned().collect();
        let before = self.managers.iter().find(|manager| own(manager)).cloned();
        for other in self.managers.iter_mut().filter(|manager| !own(manager)) {
            other.fields.retain(|field| !changed.contains(field));
        }
        let owned_by_others: BTreeSet<Field> =
            self.managers.iter().filter(|manager| !own(manager)).flat_map(|manager| manager.fields.clone()).collect();
        for field in before.iter().flat_map(|before| before.fields.difference(&fields)) {
            if !owned_by_others.contains(field) {
                remove(&mut self.object, field);
            }
        }
        for field in &changed {
            set(&mut self.object, field, at(wanted, field).unwrap());
        }
        let time =
            before.filter(|before| before.fields == fields && changed.is_empty()).map_or(time, |before| before.time);
        self.managers.retain(|manager| !own(manager) && !manager.fields.is_empty());
        self.managers.push(Manager { name: name.into(), operation: "Apply", subresource: None, fields, time });
        Ok(())
    }

    /// What `kubectl edit` does, and what controllers do: a new object in the place of the old one.
    pub(crate) fn update(&mut self, name: &str, subresource: Option<&'static str>, after: Value, time: u64) {
        let (old, new) = (leaves(&self.object), leaves(&after));
        let same = |field: &Field| at(&self.object, field) == at(&after, field);
        let changed: BTreeSet<Field> = new.iter().filter(|field| !same(field)).cloned().collect();
        let gone: BTreeSet<Field> = old.difference(&new).cloned().collect();
        for manager in &mut self.managers {
            manager.fields.retain(|field| !changed.contains(field) && !gone.contains(field));
        }
        self.object = after;
        self.managers.retain(|manager| !manager.fields.is_empty());
        let own = |manager: &&mut Manager| {
            manager.name == name && manager.operation == "Update" && manager.subresource == subresource
        };
        match self.managers.iter_mut().find(own) {
            Some(own) => {
                own.fields.extend(changed);
                own.time = time;
            }
            None if changed.is_empty() => {}
            None => self.managers.push(Manager {
                name: name.into(),
                operation: "Update",
                subresource,
                fields: changed,
                time,
            }),
        }
    }
}

/// Every field of an object that can be owned.
fn leaves(object: &Value) -> BTreeSet<Field> {
    let mut found = BTreeSet::new();
    for (key, value) in object.as_object().unwrap() {
        match key.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                for kept in ["labels", "annotations"] {
                    if let Some(value) = value.get(kept) {
                        collect(value, vec!["f:metadata".into(), format!("f:{kept}")], &mut found);
                    }
                }
            }
            _ => collect(value, vec![format!("f:{key}")], &mut found),
        }
    }
    found
}

fn collect(value: &Value, path: Field, found: &mut BTreeSet<Field>) {
    let deeper = |step: String| path.iter().cloned().chain([step]).collect::<Field>();
    match (value, key_of(&path)) {
        (Value::Object(map), _) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| collect(value, deeper(format!("f:{key}")), found));
        }
        (Value::Array(items), Some(key)) => {
            items.iter().for_each(|item| collect(item, deeper(format!("k:{}", json!({ key: item[key] }))), found));
        }
        _ => _ = found.insert(path),
    }
}

fn key_of(path: &[String]) -> Option<&'static str> {
    KEYED.iter().find(|(list, _)| *list == path.join("/")).map(|(_, key)| *key)
}

/// The item that a step `k:{"name":"http"}` means.
fn position(items: &[Value], step: &str) -> Option<usize> {
    let key: Map<String, Value> = serde_json::from_str(step.strip_prefix("k:")?).unwrap();
    items.iter().position(|item| key.iter().all(|(key, value)| &item[key] == value))
}

fn at(object: &Value, field: &[String]) -> Option<Value> {
    field
        .iter()
        .try_fold(object, |value, step| match step.strip_prefix("f:") {
            Some(key) => value.get(key),
            None => value.as_array().and_then(|items| items.get(position(items, step)?)),
        })
        .cloned()
}

fn set(object: &mut Value, field: &[String], new: Value) {
    let (step, rest) = field.split_first().unwrap();
    let inner = match step.strip_prefix("f:") {
        Some(key) => {
            let default = if rest.first().is_some_and(|next| next.starts_with("k:")) { json!([]) } else { json!({}) };
            object.as_object_mut().unwrap().entry(key).or_insert(default)
        }
        None => {
            let items = object.as_array_mut().unwrap();
            let index = position(items, step).unwrap_or_else(|| {
                items.push(serde_json::from_str(step.strip_prefix("k:").unwrap()).unwrap());
                items.len() - 1
            });
            &mut items[index]
        }
    };
    if rest.is_empty() { *inner = new } else { set(inner, rest, new) }
}

fn remove(object: &mut Value, field: &[String]) {
    let (step, rest) = field.split_first().unwrap();
    match (step.strip_prefix("f:"), rest.is_empty()) {
        (Some(key), true) => _ = object.as_object_mut().unwrap().remove(key),
        (Some(key), false) => {
            let empty = object.get_mut(key).is_some_and(|inner| {
                remove(inner, rest);
                inner.as_array().is_some_and(Vec::is_empty) || inner.as_object().is_some_and(Map::is_empty)
            });
            if empty {
                object.as_object_mut().unwrap().remove(key);
            }
        }
        (None, _) => {
            let items = object.as_array_mut().unwrap();
            if let Some(index) = position(items, step) {
                remove(&mut items[index], rest);
                if items[index].as_object().is_some_and(Map::is_empty) {
                    items.remove(index);
                }
            }
        }
    }
}

/// `.spec.listeners[name="http"].port`.
fn dotted(field: &[String]) -> String {
    let step = |step: &String| match step.strip_prefix("f:") {
        Some(key) => format!(".{key}"),
        None => {
            let key: BTreeMap<String, Value> = serde_json::from_str(step.strip_prefix("k:").unwrap()).unwrap();
            key.iter().map(|(key, value)| format!("[{key}={value}]")).collect::<String>()
        }
    };
    field.iter().map(step).collect()
}

fn tree(fields: &BTreeSet<Field>) -> Value {
    let mut root = json!({});
    for field in fields {
        field.iter().fold(&mut root, |value, step| value.as_object_mut().unwrap().entry(step).or_insert(json!({})));
    }
    root
}
