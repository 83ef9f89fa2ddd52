//! Checks JSON against the schema that the OpenAPI document shows, and tells everything that is wrong at once.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Value, json};
use switchtower_domain::field::FieldErrors;
use utoipa::ToSchema;

/// The most errors that one answer tells.
const MOST: usize = 50;

static VALIDATORS: LazyLock<RwLock<HashMap<TypeId, Arc<Validator>>>> = LazyLock::new(RwLock::default);

/// Everything that is wrong with a value of type `T`.
pub(crate) fn check<T: ToSchema + 'static>(value: &Value) -> Result<(), FieldErrors> {
    let Some(validator) = validator::<T>() else { return Ok(()) };
    let mut errors = FieldErrors::new();
    for error in validator.iter_errors(value).take(MOST) {
        explain(&error, &mut errors);
    }
    errors.or(())
}

fn validator<T: ToSchema + 'static>() -> Option<Arc<Validator>> {
    let key = TypeId::of::<T>();
    if let Some(found) = VALIDATORS.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Some(found.clone());
    }
    let built = Arc::new(build::<T>()?);
    VALIDATORS.write().unwrap_or_else(PoisonError::into_inner).insert(key, built.clone());
    Some(built)
}

fn build<T: ToSchema>() -> Option<Validator> {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    let schemas: serde_json::Map<_, _> =
        schemas.into_iter().filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?))).collect();
    let mut root = serde_json::to_value(T::schema()).ok()?;
    root.as_object_mut()?.insert("components".to_owned(), json!({ "schemas": schemas }));
    let built = jsonschema::options().should_validate_formats(true).build(&root);
    built.inspect_err(|error| tracing::error!(%error, schema = %T::name(), "the schema is not valid")).ok()
}

/// Turns an error of the validator into field errors with a code and a sentence.
fn explain(error: &ValidationError<'_>, errors: &mut FieldErrors) {
    let at = error.instance_path().as_str().to_owned();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let field = property.as_str().unwrap_or_default();
            let (code, detail) = hint_missing(field);
            errors.add(format!("{at}/{field}"), code, detail);
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            for field in unexpected {
                let (code, detail) = hint_unknown(field);
                errors.add(format!("{at}/{}", escape(field)), code, detail);
            }
        }
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            // An optional field is "null or …": what is wrong with the other branch is what helps.
            let branch = context.iter().find(|branch| !branch.iter().all(is_null_expected));
            for error in branch.into_iter().flatten() {
                explain(error, errors);
            }
        }
        kind => {
            let (code, detail) = sentence(kind);
            errors.add(at, code, detail);
        }
    }
}

fn is_null_expected(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.to_string().contains("\"null\"")
}

/// Fields that people bring from elsewhere get an answer of their own.
fn hint_unknown(field: &str) -> (&'static str, String) {
    match field {
        "gateway_id" => (
            "gateway_id_not_allowed",
            "An API service names no gateway: choose the gateway template in a product publish.".to_owned(),
        ),
        _ => ("unknown_field", "There is no such field here.".to_owned()),
    }
}

fn hint_missing(field: &str) -> (&'static str, String) {
    match field {
        "cluster_id" => {
            ("cluster_required", "Name the cluster that it runs on: `GET /v1/operator/clusters` lists them.".to_owned())
        }
        _ => ("required", "The field is required.".to_owned()),
    }
}

fn sentence(kind: &ValidationErrorKind) -> (&'static str, String) {
    match kind {
        ValidationErrorKind::Type { kind } => ("wrong_type", format!("It must be {}.", types(kind))),
        ValidationErrorKind::Enum { options } => ("not_allowed", format!("It must be one of {options}.")),
        ValidationErrorKind::Constant { expected_value } => ("not_allowed", format!("It must be {expected_value}.")),
        ValidationErrorKind::Pattern { pattern } => ("pattern", format!("It must match `{pattern}`.")),
        ValidationErrorKind::Format { format } => ("format", format!("It must be a {format}.")),
        ValidationErrorKind::MinLength { limit } => ("too_short", format!("It has at least {limit} characters.")),
        ValidationErrorKind::MaxLength { limit } => ("too_long", format!("It has at most {limit} characters.")),
        ValidationErrorKind::MinItems { limit } => ("too_few", format!("It has at least {limit} items.")),
        ValidationErrorKind::MaxItems { limit } => ("too_many", format!("It has at most {limit} items.")),
        ValidationErrorKind::MaxProperties { limit } => ("too_many", format!("It has at most {limit} fields.")),
        ValidationErrorKind::Minimum { limit } => ("too_small", format!("It is at least {limit}.")),
        ValidationErrorKind::Maximum { limit } => ("too_large", format!("It is at most {limit}.")),
        ValidationErrorKind::MultipleOf { multiple_of } => {
            ("not_a_multiple", format!("It must be a multiple of {multiple_of}."))
        }
        ValidationErrorKind::UniqueItems => ("duplicate", "Its items are different from each other.".to_owned()),
        ValidationErrorKind::PropertyNames { .. } => ("pattern", "One of its names is not valid.".to_owned()),
        other => ("not_valid", format!("It does not satisfy `{}`.", other.keyword())),
    }
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(one) => format!("of type {one}"),
        jsonschema::error::TypeKind::Multiple(several) => {
            let names: Vec<_> = several.iter().map(|one| one.to_string()).collect();
            format!("of type {}", names.join(" or "))
        }
    }
}

/// Writes a name as a part of a JSON pointer (RFC 6901).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use switchtower_domain::{api_service::ApiServiceInput, product_publish::ProductPublishInput};

    use super::*;
    use crate::{Problem, edge::code};

    fn problem<T: ToSchema + 'static>(value: Value) -> Problem {
        Problem::fields(code::invalid_body, check::<T>(&value).unwrap_err())
    }

    #[test]
    fn an_api_service_with_a_gateway_gets_a_code_of_its_own() {
        let problem =
            problem::<ApiServiceInput>(json!({ "name": "orders", "gateway_id": "gwt_01k2m5z8h3v9q4x7n6p0r2s1t5" }));
        assert_eq!(problem.code(), "gateway_id_not_allowed");
        assert_eq!(problem.status(), 400);
    }

    #[test]
    fn a_publish_without_a_cluster_gets_a_code_of_its_own() {
        let problem = problem::<ProductPublishInput>(json!({
            "name": "orders-prod",
            "product_id": "prd_01k2m5z8h3v9q4x7n6p0r2s1t5",
            "gateway_id": "gwt_01k2m5z8h3v9q4x7n6p0r2s1t5",
            "environment": "prod",
        }));
        assert_eq!(problem.code(), "cluster_required");
    }

    #[test]
    fn all_bad_fields_are_told_at_once() {
        let problem = problem::<ProductPublishInput>(json!({ "name": "A", "environment": "moon", "more": 1 }));
        let told = serde_json::to_value(&problem).unwrap();
        let pointers: Vec<_> =
            told["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        for pointer in ["/name", "/environment", "/more", "/product_id", "/gateway_id", "/cluster_id"] {
            assert!(pointers.contains(&pointer), "{pointer} is missing in {pointers:?}");
        }
    }
}
