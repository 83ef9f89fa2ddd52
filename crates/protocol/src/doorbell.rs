//! The message in a cluster's queue.

use serde::{Deserialize, Serialize};
use switchtower_domain::{cluster::ClusterId, deployment::DeploymentId};

/// Says that a deployment wants to be looked at, and nothing else: order and number of doorbells do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doorbell {
    /// The cluster whose queue it is for; the rule matches on it.
    pub cluster_id: ClusterId,
    /// The deployment to look at.
    pub deployment_id: DeploymentId,
}
