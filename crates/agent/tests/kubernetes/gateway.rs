//! A gateway's controller: what it writes into the status of objects.

use serde_json::{Value, json};
use switchtower_domain::deployment::DeploymentId;
use switchtower_render::label;

/// How it answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Controller {
    /// It takes up everything.
    #[default]
    Accepts,
    /// It does not run.
    Silent,
    /// It takes up everything but objects of a deployment, of which it says nothing.
    SilentAbout(DeploymentId),
    /// It takes up everything but objects of a kind.
    Refuses { kind: &'static str, condition: &'static str, reason: &'static str, message: &'static str },
    /// It answers about the generation before.
    Lags,
    /// It accepts gateways and never programs them.
    HasNoAddress,
}

impl Controller {
    /// The status of an object; nothing when it has none.
    pub(crate) fn status(&self, object: &Value) -> Option<Value> {
        let generation = object["metadata"]["generation"].as_i64().unwrap();
        let observed = if *self == Self::Lags { generation - 1 } else { generation };
        let condition = |kind: &str, good: bool, reason: &str, message: &str| {
            json!({
                "type": kind, "status": if good { "True" } else { "False" }, "reason": reason, "message": message,
                "observedGeneration": observed, "lastTransitionTime": "2026-01-01T00:00:00Z",
            })
        };
        let own_kind = object["kind"].as_str().unwrap();
        let judge = |kind: &str| match self {
            Self::Refuses { kind: refused, condition: wrong, reason, message }
                if *refused == own_kind && *wrong == kind =>
            {
                condition(kind, false, reason, message)
            }
            Self::HasNoAddress if kind == "Programmed" => {
                condition(kind, false, "AddressNotAssigned", "No addresses have been assigned to the Gateway")
            }
            _ => condition(kind, true, kind, "It is so"),
        };
        let peer = |conditions: Vec<Value>| {
            let controller = "gateway.envoyproxy.io/gatewayclass-controller";
            json!({ "controllerName": controller, "conditions": conditions })
        };
        match (self, own_kind) {
            (Self::Silent, _) => None,
            (Self::SilentAbout(id), _) if object["metadata"]["labels"][label::DEPLOYMENT_ID] == id.to_string() => None,
            (_, "Gateway") => Some(json!({ "conditions": [judge("Accepted"), judge("Programmed")] })),
            (_, "HTTPRoute") => Some(json!({ "parents": [peer(vec![judge("Accepted"), judge("ResolvedRefs")])] })),
            (_, "Backend") => Some(json!({ "conditions": [judge("Accepted")] })),
            (_, kind) if kind.ends_with("Policy") => Some(json!({ "ancestors": [peer(vec![judge("Accepted")])] })),
            _ => None,
        }
    }
}
