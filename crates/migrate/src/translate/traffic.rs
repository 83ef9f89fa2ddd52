//! What backends and policies say in the same words.

use serde_json::{Map, Value, json};

use crate::{fields::Fields, finding::Finding};

/// Sets a field, when there is a value for it.
pub(super) fn set(object: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}

/// An object, unless it is empty.
pub(super) fn filled(object: Map<String, Value>) -> Option<Value> {
    (!object.is_empty()).then_some(Value::Object(object))
}

/// What is tried again; `None` when nothing is.
pub(super) fn retry(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    let attempts = fields.number(&["num_retries", "attempts", "retries", "max_retries"])?;
    let mut reasons = Vec::new();
    for text in fields.texts(&["retry_on"])? {
        let reason = match crate::fields::word(&text).as_str() {
            "connectfailure" | "connectionfailure" => "connect_failure",
            "reset" | "timeout" => "reset",
            "5xx" | "servererror" => "5xx",
            "gatewayerror" => "gateway_error",
            "ratelimited" | "envoyratelimited" | "429" => "rate_limited",
            _ => {
                fields.remark(
                    "retry_on",
                    format!("`{text}` is no reason to try again here. It is left out."),
                    "Choose another.",
                );
                continue;
            }
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let per_try = fields.millis(&["per_try_timeout_ms", "per_try_timeout"])?;
    let Some(attempts) = attempts.filter(|attempts| *attempts > 0) else { return Ok(None) };
    let mut retry = Map::from_iter([("attempts".to_owned(), json!(attempts))]);
    set(&mut retry, "retry_on", Some(reasons).filter(|reasons| !reasons.is_empty()));
    set(&mut retry, "per_try_timeout_ms", per_try);
    Ok(filled(retry))
}

/// How much may be under way at once.
pub(super) fn circuit_breaker(fields: &mut Fields) -> Result<Option<Value>, Finding> {
    let mut breaker = Map::new();
    for (name, of_envoy) in [
        ("max_connections", "max_connections"),
        ("max_pending_requests", "max_pending_requests"),
        ("max_requests", "max_parallel_requests"),
        ("max_retries", "max_parallel_retries"),
    ] {
        set(&mut breaker, name, fields.number(&[name, of_envoy])?);
    }
    Ok(filled(breaker))
}
