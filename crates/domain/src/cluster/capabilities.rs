//! What an agent can do where it is, and what stands in its way.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most bytes of a name in [`Capabilities`]: a group is a DNS name, and version and kind are words.
pub const MAX_NAME: usize = 400;
/// The most gateway classes.
pub const MAX_CLASSES: usize = 16;
/// The most APIs.
pub const MAX_APIS: usize = 64;
/// The most problems.
pub const MAX_PROBLEMS: usize = 32;
/// The most characters of a problem's message.
pub const MAX_MESSAGE: usize = 1000;

/// What an agent found when it looked around.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// How it applies desired state, such as `kubernetes`.
    #[schema(min_length = 1, max_length = 63)]
    pub driver: String,
    /// The classes of gateways that it can serve, such as `envoy`: those that it renders and finds everything for.
    #[serde(default)]
    #[schema(max_items = 16, required = false)]
    pub gateway_classes: Vec<String>,
    /// The APIs that it renders and finds served, such as `gateway.networking.k8s.io/v1/HTTPRoute`.
    #[serde(default)]
    #[schema(max_items = 64, required = false)]
    pub apis: Vec<String>,
    /// The namespace of the objects, where there are namespaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 63)]
    pub namespace: Option<String>,
    /// The GatewayClass that gateways name, where there are such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 253)]
    pub gateway_class_name: Option<String>,
    /// Whether it counts the traffic of what it serves. Without, no usage means not measured.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub usage: bool,
    /// What stands in the way, the worst first.
    #[serde(default)]
    #[schema(max_items = 32, required = false)]
    pub problems: Vec<CapabilityProblem>,
}

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapabilityProblem {
    /// A stable word: `api_not_served`, `gateway_class_missing`, `gateway_class_not_accepted`, `backend_api_off`,
    /// `forbidden`, `nginx_missing`, `target_unreachable`.
    #[schema(min_length = 1, max_length = 63)]
    pub code: String,
    /// What is wrong and what to do about it, in a sentence or two.
    #[schema(max_length = 1000)]
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_leaves_out_is_nothing() {
        let capabilities: Capabilities = serde_json::from_str(r#"{"driver": "directory"}"#).unwrap();
        assert_eq!(capabilities, Capabilities { driver: "directory".into(), ..Capabilities::default() });
    }

    #[test]
    fn an_agent_that_counts_nothing_says_nothing_that_an_older_control_plane_does_not_know() {
        let told = serde_json::to_string(&Capabilities::default()).unwrap();
        assert!(!told.contains("usage"), "{told}");
    }
}
