//! What an object in the cluster says of itself.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};
use switchtower_domain::deployment::{DeploymentId, Generation};
use switchtower_render::label;

use super::{cluster::MANAGER, fields};
use crate::port::ObjectKey;

/// A text at a JSON pointer.
pub(super) fn text<'v>(object: &'v Value, pointer: &str) -> Option<&'v str> {
    object.pointer(pointer)?.as_str()
}

pub(super) fn label<'v>(object: &'v Value, key: &str) -> Option<&'v str> {
    object.pointer("/metadata/labels")?.get(key)?.as_str()
}

pub(super) fn annotation<'v>(object: &'v Value, key: &str) -> Option<&'v str> {
    object.pointer("/metadata/annotations")?.get(key)?.as_str()
}

/// The deployment whose label it carries.
pub(super) fn deployment(object: &Value) -> Option<DeploymentId> {
    label(object, label::DEPLOYMENT_ID)?.parse().ok()
}

/// What identifies it.
pub(super) fn key(object: &Value, api_version: &str, kind: &str) -> Option<ObjectKey> {
    Some(ObjectKey {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: text(object, "/metadata/namespace").map(str::to_owned),
        name: text(object, "/metadata/name")?.to_owned(),
    })
}

/// What tells objects apart, whichever version of their kind they are read in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Identity {
    group: String,
    kind: String,
    namespace: Option<String>,
    name: String,
}

impl Identity {
    pub(super) fn of(key: &ObjectKey) -> Self {
        let group = key.api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
        Self { group, kind: key.kind.clone(), namespace: key.namespace.clone(), name: key.name.clone() }
    }
}

/// Whether this agent, or one like it, put it in place.
pub(super) fn is_managed(object: &Value) -> bool {
    own_fields(object).is_some()
}

fn own_fields(object: &Value) -> Option<&Value> {
    let own = |entry: &&Value| {
        let is = |key: &str, value: &str| entry.get(key).and_then(Value::as_str) == Some(value);
        is("manager", MANAGER) && is("operation", "Apply")
    };
    object.pointer("/metadata/managedFields")?.as_array()?.iter().find(own)?.get("fieldsV1")
}

/// The generation that it was put in place for. A number that others wrote counts for nothing, so that nobody blocks a
/// deployment by an edit.
pub(super) fn generation(object: &Value) -> Option<Generation> {
    let noted = annotation(object, label::GENERATION)?;
    let path = [".metadata".into(), ".annotations".into(), format!(".{}", label::GENERATION)];
    own_fields(object).filter(|own| fields::owns(own, &path)).and_then(|_| noted.parse().ok()).map(Generation)
}

/// Whether a deployment may change or delete it, or why not.
pub(super) fn claim(object: &Value, deployment: DeploymentId) -> Result<(), String> {
    match label(object, label::DEPLOYMENT_ID) {
        Some(other) if other != deployment.to_string() => {
            Err(format!("It is there already, and belongs to the deployment `{other}`."))
        }
        // Its labels may have been taken away by hand.
        None if !is_managed(object) => {
            Err("It is there already, and is not Switchtower's; remove it or rename the publish.".to_owned())
        }
        _ => Ok(()),
    }
}

/// What of it can be drift: all but status, and what the API server writes itself.
pub(super) fn content(object: &Value) -> Value {
    let mut content = object.clone();
    if let Some(fields) = content.as_object_mut() {
        fields.remove("status");
        let metadata = fields.remove("metadata").unwrap_or_default();
        let kept = ["labels", "annotations"].into_iter();
        let kept = kept.filter_map(|key| Some((key.to_owned(), metadata.get(key)?.clone())));
        fields.insert("metadata".to_owned(), kept.collect::<Map<_, _>>().into());
    }
    content
}

/// A number that changes when the content does.
pub(super) fn fingerprint(object: &Value) -> u64 {
    let mut content = content(object);
    content.sort_all_objects();
    let mut hasher = DefaultHasher::new();
    content.to_string().hash(&mut hasher);
    text(object, "/metadata/uid").hash(&mut hasher);
    hasher.finish()
}
