//! How much traffic went through, as an agent counted it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use switchtower_domain::{
    deployment::DeploymentId,
    usage::{Durations, Requests},
};
use utoipa::ToSchema;

/// Hours of some deployments, each as far as it has been counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageReport {
    /// Which run of the agent counted: a ULID. Numbers of one run grow; those of another are added to them.
    #[schema(min_length = 26, max_length = 26, pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    pub run: String,
    /// The hours that went on since they were last told of.
    #[schema(min_items = 1, max_items = 100)]
    pub hours: Vec<UsageHour>,
}

/// An hour of a deployment. It takes the place of what the same run told of that hour before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageHour {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// When the hour begins (UTC): a whole hour, at most 24 hours ago.
    pub hour: Timestamp,
    /// Grows with each telling of that hour, so that an older one never takes the place of a newer one.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub sequence: u64,
    /// The slots that had requests, in the order of time.
    #[schema(min_items = 1, max_items = 12)]
    pub slots: Vec<UsageSlot>,
    /// The clients with the most requests, where clients are known; most requests first.
    #[serde(default)]
    #[schema(max_items = 50, required = false)]
    pub clients: Vec<ClientUsage>,
}

/// Five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageSlot {
    /// The minute of the hour at which it begins: a multiple of 5.
    #[schema(maximum = 55, multiple_of = 5)]
    pub minute: u8,
    /// How many requests.
    pub requests: Requests,
    /// How long they took.
    pub durations: Durations,
    /// How many bytes were sent to clients.
    #[schema(maximum = 9_007_199_254_740_991_i64)]
    pub bytes_sent: u64,
}

/// What one client asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientUsage {
    /// The client's id, as the gateway knows it.
    #[schema(min_length = 1, max_length = 253)]
    pub client_id: String,
    /// How many requests.
    pub requests: Requests,
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsageReceipt {
    /// Deployments that the agent's cluster does not have: their numbers were not kept, and need not be told again.
    pub unknown: Vec<DeploymentId>,
}
