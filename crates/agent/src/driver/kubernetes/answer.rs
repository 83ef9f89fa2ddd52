//! What those who serve an object say of it, read from its status.
//!
//! A condition counts only when it is about the object as it is now: its `observedGeneration` is the object's generation.
//! One that is older, or does not say, is no answer (envoyproxy/gateway#8926, #8927).

use serde_json::Value;
use switchtower_domain::deployment::ConditionStatus;

use super::super::kind::Voice;
use super::live;
use crate::port::Answer;

/// One condition of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Saying {
    /// `Accepted`, `Programmed` or `ResolvedRefs`.
    pub(super) kind: &'static str,
    pub(super) status: ConditionStatus,
    pub(super) reason: String,
    pub(super) message: String,
    /// Where it stands, when it is about a part of the object: `listeners/https`.
    pub(super) part: Option<String>,
}

/// All that is said of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sayings(pub(super) Vec<Saying>);

/// What must hold for an object of which this can be heard.
const fn expected(voice: Voice) -> &'static [&'static str] {
    match voice {
        Voice::Silent => &[],
        Voice::Own | Voice::Ancestors => &["Accepted"],
        Voice::Gateway => &["Accepted", "Programmed"],
        Voice::Parents => &["Accepted", "ResolvedRefs"],
    }
}

/// Reads what is said of an object.
pub(super) fn sayings(object: &Value, voice: Voice) -> Sayings {
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    let mut sayings = Vec::new();
    for (part, group) in groups(object, voice) {
        let conditions = group.get("conditions").and_then(Value::as_array);
        let current = |condition: &&Value| condition.get("observedGeneration").and_then(Value::as_i64) == generation;
        let conditions: Vec<_> = conditions.into_iter().flatten().filter(current).collect();
        let is_listener = part.is_some();
        sayings.extend(conditions.iter().filter_map(|condition| saying(condition, part.clone())));
        if is_listener {
            continue;
        }
        for kind in expected(voice) {
            if !conditions.iter().any(|condition| kind_of(condition) == Some(kind)) {
                sayings.push(unsaid(kind));
            }
        }
    }
    if sayings.is_empty() {
        sayings.extend(expected(voice).iter().map(|kind| unsaid(kind)));
    }
    Sayings(sayings)
}

/// The lists of conditions, those of parts with a name.
fn groups(object: &Value, voice: Voice) -> Vec<(Option<String>, &Value)> {
    let list = |key: &str| object.pointer("/status")?.get(key)?.as_array();
    let own = object.get("status").map(|status| (None, status));
    match voice {
        Voice::Silent => Vec::new(),
        Voice::Own => own.into_iter().collect(),
        Voice::Gateway => {
            let listeners = list("listeners").into_iter().flatten();
            let name = |listener: &Value| live::text(listener, "/name").unwrap_or_default().to_owned();
            let parts = listeners.map(|listener| (Some(format!("listeners/{}", name(listener))), listener));
            own.into_iter().chain(parts).collect()
        }
        Voice::Parents => list("parents").into_iter().flatten().map(|parent| (None, parent)).collect(),
        Voice::Ancestors => list("ancestors").into_iter().flatten().map(|ancestor| (None, ancestor)).collect(),
    }
}

/// The condition's kind among those that matter here.
fn kind_of(condition: &Value) -> Option<&'static str> {
    match condition.get("type")?.as_str()? {
        // Envoy Gateway writes a refused Backend's condition as type `Invalid`, reason `Accepted`.
        "Accepted" | "Invalid" => Some("Accepted"),
        "Programmed" => Some("Programmed"),
        // A part of the route is left out: what was asked for is not there.
        "ResolvedRefs" => Some("ResolvedRefs"),
        "PartiallyInvalid" => Some("Accepted"),
        _ => None,
    }
}

fn saying(condition: &Value, part: Option<String>) -> Option<Saying> {
    let kind = kind_of(condition)?;
    let text = |key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default();
    let status = match (text("type"), text("status")) {
        // `PartiallyInvalid` is good when it does not hold.
        ("PartiallyInvalid", "False") => return None,
        ("PartiallyInvalid", "True") | (_, "False") => ConditionStatus::False,
        (_, "True") => ConditionStatus::True,
        _ => ConditionStatus::Unknown,
    };
    let (reason, message) = (text("reason").to_owned(), text("message").to_owned());
    Some(Saying { kind, status, reason, message, part })
}

fn unsaid(kind: &'static str) -> Saying {
    let (reason, message) = ("Pending".to_owned(), "No controller has said so yet.".to_owned());
    Saying { kind, status: ConditionStatus::Unknown, reason, message, part: None }
}

impl Saying {
    /// Whether it is a refusal. A gateway that is not programmed yet is on its way, or waits for an address.
    pub(super) fn refuses(&self) -> bool {
        self.status == ConditionStatus::False && self.kind != "Programmed"
    }
}

impl Sayings {
    /// All of it in a word.
    pub(super) fn answer(&self) -> Answer {
        if self.0.iter().any(Saying::refuses) {
            return Answer::Refused;
        }
        let settled = self.0.iter().all(|saying| saying.status == ConditionStatus::True);
        if settled { Answer::Settled } else { Answer::Awaited }
    }

    /// What is worst.
    pub(super) fn worst(&self) -> Option<&Saying> {
        let bad = |saying: &&Saying| saying.status != ConditionStatus::True;
        self.0.iter().find(|saying| saying.refuses()).or_else(|| self.0.iter().find(bad))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn condition(kind: &str, status: &str, observed: i64) -> Value {
        json!({ "type": kind, "status": status, "reason": "Because", "message": "It is so", "observedGeneration": observed })
    }

    fn object(status: Value) -> Value {
        json!({ "metadata": { "generation": 2 }, "status": status })
    }

    fn answer(voice: Voice, status: Value) -> Answer {
        sayings(&object(status), voice).answer()
    }

    #[test]
    fn a_gateway_is_settled_when_it_is_accepted_and_programmed() {
        let good = json!({ "conditions": [condition("Accepted", "True", 2), condition("Programmed", "True", 2)] });
        assert_eq!(answer(Voice::Gateway, good.clone()), Answer::Settled);
        let slow = json!({ "conditions": [condition("Accepted", "True", 2), condition("Programmed", "False", 2)] });
        assert_eq!(answer(Voice::Gateway, slow), Answer::Awaited);
        let mut listener = good;
        listener["listeners"] = json!([{ "name": "https", "conditions": [condition("ResolvedRefs", "False", 2)] }]);
        let said = sayings(&object(listener), Voice::Gateway);
        assert_eq!(said.answer(), Answer::Refused);
        assert_eq!(said.worst().unwrap().part.as_deref(), Some("listeners/https"));
    }

    #[test]
    fn an_answer_about_an_earlier_generation_is_none() {
        let stale = json!({ "conditions": [condition("Accepted", "True", 1), condition("Programmed", "True", 2)] });
        assert_eq!(answer(Voice::Gateway, stale), Answer::Awaited);
        let stale = json!({ "ancestors": [{ "conditions": [condition("Accepted", "False", 1)] }] });
        assert_eq!(answer(Voice::Ancestors, stale), Answer::Awaited);
        let mut silent = condition("Accepted", "True", 0);
        silent.as_object_mut().unwrap().remove("observedGeneration");
        assert_eq!(answer(Voice::Own, json!({ "conditions": [silent] })), Answer::Awaited);
    }

    #[test]
    fn each_parent_of_a_route_must_accept_it_whole() {
        let good = || json!({ "conditions": [condition("Accepted", "True", 2), condition("ResolvedRefs", "True", 2)] });
        let bad = json!({ "conditions": [condition("Accepted", "True", 2), condition("ResolvedRefs", "False", 2)] });
        assert_eq!(answer(Voice::Parents, json!({ "parents": [good()] })), Answer::Settled);
        assert_eq!(answer(Voice::Parents, json!({ "parents": [good(), bad] })), Answer::Refused);
        assert_eq!(answer(Voice::Parents, json!({ "parents": [] })), Answer::Awaited);
        let mut partial = good();
        partial["conditions"].as_array_mut().unwrap().push(condition("PartiallyInvalid", "True", 2));
        assert_eq!(answer(Voice::Parents, json!({ "parents": [partial] })), Answer::Refused);
    }

    #[test]
    fn a_backend_is_refused_in_either_of_envoy_gateways_ways() {
        for kind in ["Accepted", "Invalid"] {
            assert_eq!(answer(Voice::Own, json!({ "conditions": [condition(kind, "False", 2)] })), Answer::Refused);
        }
        assert_eq!(answer(Voice::Silent, Value::Null), Answer::Settled);
    }
}
