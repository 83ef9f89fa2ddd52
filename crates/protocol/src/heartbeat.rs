//! How an agent says that it is there.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::capabilities::Capabilities;

/// What an agent says every few seconds.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// The agent's version.
    #[schema(min_length = 1, max_length = 63)]
    pub version: String,
    /// The `desired_version` up to which it has converged; 0 at first.
    #[schema(maximum = 9_223_372_036_854_775_807_i64)]
    pub applied_version: u64,
    /// True when it is about to stop.
    #[serde(default)]
    #[schema(required = false)]
    pub draining: bool,
    /// What it can do; left out when that is as it said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
}

/// What the control plane answers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HeartbeatReply {
    /// Counts every change of what is desired on the cluster. An agent that has converged on less lists and converges.
    pub desired_version: u64,
    /// Seconds until the next heartbeat.
    pub heartbeat_seconds: u32,
}
