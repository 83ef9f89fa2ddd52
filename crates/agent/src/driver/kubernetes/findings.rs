//! What is said of single objects, taken together.

use serde_json::Value;
use switchtower_domain::deployment::{ConditionStatus, ObjectOutcome};

use super::{
    super::kind::{self, Voice},
    answer::{Saying, Sayings, sayings},
};
use crate::port::{Answer, Finding, Object, ObjectKey, ObjectResult};

/// What Envoy Gateway says when its Backend API is off.
pub(super) const BACKEND_OFF: &str = "not enabled in Envoy Gateway";
/// What to do about it.
pub(super) const BACKEND_ON: &str =
    "Turn Envoy Gateway's Backend API on: `extensionApis.enableBackend: true` in its configuration.";

/// What is said of an object; nothing when nobody will say anything.
pub(super) fn heard(object: &Object, live: &Value, all: &[Object]) -> Option<Sayings> {
    let voice = kind::find(&object.key.api_version, &object.key.kind)?.voice;
    let waits = voice != Voice::Silent && !is_idle(object, all);
    waits.then(|| sayings(live, voice))
}

/// Whether an object is a policy for a backend that no route leads to: gateways are silent about those.
fn is_idle(object: &Object, all: &[Object]) -> bool {
    if object.key.kind != "BackendTLSPolicy" {
        return false;
    }
    let targets = object.manifest.pointer("/spec/targetRefs").and_then(Value::as_array).into_iter().flatten();
    let mut names = targets.filter_map(|target| target.get("name"));
    names.all(|name| !all.iter().any(|other| other.key.kind == "HTTPRoute" && leads_to(&other.manifest, name)))
}

fn leads_to(route: &Value, name: &Value) -> bool {
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let rules = route.get("spec").map(|spec| list(spec, "rules")).unwrap_or_default();
    rules.iter().any(|rule| {
        let mirrors =
            list(rule, "filters").into_iter().filter_map(|filter| filter.pointer("/requestMirror/backendRef").cloned());
        list(rule, "backendRefs").into_iter().chain(mirrors).any(|backend| backend.get("name") == Some(name))
    })
}

/// Notes on an object's result what is said of it.
pub(super) fn note(result: &mut ObjectResult, sayings: &Sayings) {
    if result.outcome == ObjectOutcome::Failed {
        return;
    }
    result.answer = sayings.answer();
    let Some(worst) = sayings.worst().filter(|_| result.answer != Answer::Settled) else { return };
    let hint = if worst.message.contains(BACKEND_OFF) { format!(" {BACKEND_ON}") } else { String::new() };
    if result.answer == Answer::Refused || result.message.is_none() {
        result.field = worst.part.clone();
        result.message =
            Some(format!("{} is {}, {}: {}{hint}", worst.kind, word(worst.status), worst.reason, worst.message));
    }
}

const fn word(status: ConditionStatus) -> &'static str {
    match status {
        ConditionStatus::True => "true",
        ConditionStatus::False => "false",
        ConditionStatus::Unknown => "not known",
    }
}

/// The deployment's `Accepted`, `Programmed` and `ResolvedRefs`: each as bad as the worst that is said of an object.
pub(super) fn together(heard: &[(ObjectKey, Sayings)]) -> Vec<Finding> {
    ["Accepted", "Programmed", "ResolvedRefs"].into_iter().filter_map(|kind| one(kind, heard)).collect()
}

fn one(kind: &'static str, heard: &[(ObjectKey, Sayings)]) -> Option<Finding> {
    let all: Vec<(&ObjectKey, &Saying)> = heard
        .iter()
        .flat_map(|(key, said)| said.0.iter().map(move |saying| (key, saying)))
        .filter(|(_, saying)| saying.kind == kind)
        .collect();
    let of = |status: ConditionStatus| all.iter().filter(move |(_, saying)| saying.status == status);
    let bad = [ConditionStatus::False, ConditionStatus::Unknown].into_iter();
    let worst = bad.filter_map(|status| of(status).next().map(|first| (status, *first))).next();
    Some(match worst {
        None => {
            all.first()?;
            let message = format!("All {} objects that it is said of are well.", count(&all));
            Finding { kind, status: ConditionStatus::True, reason: kind.to_owned(), message }
        }
        Some((status, (key, saying))) => {
            let more = of(status).count().saturating_sub(1);
            let others = if more == 0 { String::new() } else { format!(" ({more} more)") };
            let message = format!("{key}: {}{others}", saying.message);
            Finding { kind, status, reason: saying.reason.clone(), message }
        }
    })
}

fn count(all: &[(&ObjectKey, &Saying)]) -> usize {
    all.iter().map(|(key, _)| *key).collect::<std::collections::BTreeSet<_>>().len()
}
