//! What is meant to run on a cluster.

use serde::{Deserialize, Serialize};
use switchtower_domain::deployment::{DeploymentId, Desired, Generation};
use utoipa::ToSchema;

use crate::snapshot::Snapshot;

/// One deployment, without its snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DesiredItem {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// Its newest generation.
    pub generation: Generation,
    /// Whether it is to run.
    pub desired: Desired,
    /// SHA-256 of the snapshot, in hexadecimal.
    pub digest: Option<String>,
    /// Whether a report on this generation has been accepted that ends it.
    pub settled: bool,
}

/// A page of all that is desired on a cluster.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DesiredPage {
    /// The deployments, those that were removed included until the agent has reported so.
    pub items: Vec<DesiredItem>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// The cluster's `desired_version`, read before the items: converging on all pages is converging on it.
    pub desired_version: u64,
}

/// One deployment with what it takes to apply it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DesiredState {
    /// Which, and which generation.
    #[serde(flatten)]
    pub item: DesiredItem,
    /// What is to run; absent when nothing is.
    pub snapshot: Option<Snapshot>,
}
