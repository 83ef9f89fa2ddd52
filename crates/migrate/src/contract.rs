//! What the API would say to a body, and what a body and an answer have in common: both by the domain's own types.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use switchtower_domain::{
    api_service::{ApiService, BackendInput, RouteInput},
    cluster::Cluster,
    field::FieldErrors,
    gateway::Gateway,
    plan::Plan,
    policy::Policy,
    product::Product,
    product_publish::ProductPublish,
    resource::{Editable, Resource},
};
use utoipa::ToSchema;

use crate::wanted::Kind;

/// The most errors that are told of one body.
const MOST: usize = 20;

/// A resource in the one form in which two of them can be compared: everything that a caller may edit, with defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Canonical {
    /// The fields that a caller may edit.
    pub body: Value,
    /// Its state, where it has one.
    pub status: Option<String>,
}

/// Everything that the API would refuse about a body.
pub fn check(kind: Kind, body: &Value) -> FieldErrors {
    match kind {
        Kind::Cluster => head::<Cluster>(body),
        Kind::Gateway => head::<Gateway>(body),
        Kind::ApiService => head::<ApiService>(body),
        Kind::Policy => head::<Policy>(body),
        Kind::Product => head::<Product>(body),
        Kind::Plan => head::<Plan>(body),
        Kind::ProductPublish => head::<ProductPublish>(body),
        Kind::Backend => judged::<BackendInput>(body, |backend| backend.check()),
        Kind::Route => judged::<RouteInput>(body, |route| route.check(|_| true)),
    }
}

/// What a body would become, in the form of comparison; `None` when it is not valid.
pub fn of_body(kind: Kind, body: &Value) -> Option<Value> {
    match kind {
        Kind::Cluster => normal::<<Cluster as Editable>::Input>(body),
        Kind::Gateway => normal::<<Gateway as Editable>::Input>(body),
        Kind::ApiService => normal::<<ApiService as Editable>::Input>(body),
        Kind::Policy => normal::<<Policy as Editable>::Input>(body),
        Kind::Product => normal::<<Product as Editable>::Input>(body),
        Kind::Plan => normal::<<Plan as Editable>::Input>(body),
        Kind::ProductPublish => normal::<<ProductPublish as Editable>::Input>(body),
        Kind::Backend => normal::<BackendInput>(body),
        Kind::Route => normal::<RouteInput>(body),
    }
}

/// What the API shows, in the form of comparison; `None` when it is not understood.
pub fn of_view(kind: Kind, view: &Value) -> Option<Canonical> {
    let body = match kind {
        Kind::Cluster => shown::<Cluster>(view),
        Kind::Gateway => shown::<Gateway>(view),
        Kind::ApiService => shown::<ApiService>(view),
        Kind::Policy => shown::<Policy>(view),
        Kind::Product => shown::<Product>(view),
        Kind::Plan => shown::<Plan>(view),
        Kind::ProductPublish => shown::<ProductPublish>(view),
        Kind::Backend => normal::<BackendInput>(&part(view)),
        Kind::Route => normal::<RouteInput>(&part(view)),
    }?;
    // The status of a part is a field of its own that callers edit.
    let status = view.get("status").and_then(Value::as_str).filter(|_| !kind.is_part());
    Some(Canonical { body, status: status.map(str::to_owned) })
}

fn head<K: Editable>(body: &Value) -> FieldErrors {
    judged::<K::Input>(body, |input| K::draft(input.clone()).err().unwrap_or_default())
}

fn judged<T: ToSchema + DeserializeOwned + 'static>(body: &Value, judge: impl Fn(&T) -> FieldErrors) -> FieldErrors {
    let errors = by_schema::<T>(body);
    if !errors.is_empty() {
        return errors;
    }
    match T::deserialize(body) {
        Ok(input) => judge(&input),
        Err(error) => FieldErrors::one("", "not_valid", format!("It is not valid: {error}.")),
    }
}

fn normal<T: Serialize + DeserializeOwned>(body: &Value) -> Option<Value> {
    serde_json::to_value(T::deserialize(body).ok()?).ok()
}

fn shown<K: Editable>(view: &Value) -> Option<Value> {
    let resource = Resource::<K>::deserialize(view).ok()?;
    serde_json::to_value(K::input(&resource)).ok()
}

/// A part without what callers cannot edit.
fn part(view: &Value) -> Value {
    let mut fields = view.as_object().cloned().unwrap_or_default();
    fields.retain(|name, _| name != "id" && name != "origin");
    Value::Object(fields)
}

static VALIDATORS: LazyLock<RwLock<HashMap<TypeId, Arc<Validator>>>> = LazyLock::new(RwLock::default);

fn by_schema<T: ToSchema + 'static>(body: &Value) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let Some(validator) = validator::<T>() else { return errors };
    for error in validator.iter_errors(body).take(MOST) {
        tell(&error, &mut errors);
    }
    errors
}

fn validator<T: ToSchema + 'static>() -> Option<Arc<Validator>> {
    let key = TypeId::of::<T>();
    if let Some(found) = VALIDATORS.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Some(found.clone());
    }
    let mut named = Vec::new();
    T::schemas(&mut named);
    let named: Map<_, _> =
        named.into_iter().filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?))).collect();
    let mut root = serde_json::to_value(T::schema()).ok()?;
    root.as_object_mut()?.insert("components".to_owned(), json!({ "schemas": named }));
    let built = Arc::new(jsonschema::options().build(&root).ok()?);
    VALIDATORS.write().unwrap_or_else(PoisonError::into_inner).insert(key, built.clone());
    Some(built)
}

/// What is wrong, without the value: it may be a secret that stands in the wrong column.
fn tell(error: &ValidationError<'_>, errors: &mut FieldErrors) {
    if let ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } = error.kind() {
        // An optional field is "null or …": the branch that is not null says what is wrong.
        for error in context.iter().max_by_key(|branch| depth(branch)).into_iter().flatten() {
            tell(error, errors);
        }
        return;
    }
    let detail = error.masked().to_string();
    errors.add(error.instance_path().as_str(), error.kind().keyword(), format!("{}.", detail.trim_end_matches('.')));
}

fn depth(branch: &[ValidationError<'_>]) -> (usize, bool) {
    let deepest = branch.iter().map(|error| error.instance_path().as_str().len()).max().unwrap_or_default();
    (deepest, !branch.iter().all(|error| error.to_string().contains("\"null\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &str) -> Value {
        json!({
            "name": "list", "path": { "type": "prefix", "value": path },
            "backend_refs": [{ "backend_id": Kind::Backend.placeholder(0) }],
        })
    }

    #[test]
    fn what_the_api_would_refuse_is_told_with_its_place_and_without_the_value() {
        assert!(check(Kind::Route, &route("/x")).is_empty());
        let errors = check(Kind::Route, &route("s3cret")).into_vec();
        assert_eq!(errors[0].pointer, "/path/value");
        assert!(!errors[0].detail.contains("s3cret"), "{}", errors[0].detail);
        let errors = check(Kind::Gateway, &json!({ "name": "g1", "listeners": [] })).into_vec();
        assert_eq!(errors[0].pointer, "/listeners");
    }

    #[test]
    fn what_was_sent_and_what_is_shown_are_one_form() {
        let body = route("/x");
        let mut view = body.clone();
        view["id"] = json!("rte_00000000000000000000000000");
        view["origin"] = json!("imported");
        view["backend_refs"][0]["weight"] = json!(1);
        assert_eq!(of_view(Kind::Route, &view).unwrap().body, of_body(Kind::Route, &body).unwrap());
    }
}
