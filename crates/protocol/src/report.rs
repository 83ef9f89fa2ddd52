//! What an agent says about a generation.

use serde::{Deserialize, Serialize};
use switchtower_domain::deployment::{
    Condition, DeploymentId, DeploymentStatus, Generation, ObjectStatus, Outcome, ReportBody,
};
use utoipa::ToSchema;

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The generation.
    pub generation: Generation,
    /// How far the agent came.
    pub outcome: Outcome,
    /// The objects of the generation.
    #[serde(default)]
    #[schema(max_items = 2000, required = false)]
    pub objects: Vec<ObjectStatus>,
    /// The conditions of the deployment.
    #[serde(default)]
    #[schema(max_items = 16, required = false)]
    pub conditions: Vec<Condition>,
}

impl Report {
    /// The report without the deployment that it is about.
    pub fn into_body(self) -> ReportBody {
        let Self { generation, outcome, objects, conditions, .. } = self;
        ReportBody { generation, outcome, objects, conditions }
    }
}

/// What the control plane made of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportReceipt {
    /// The deployment's newest generation. Another one than the report's means that the report came too late, and that
    /// there is something newer to apply.
    pub generation: Generation,
    /// The deployment's status now.
    pub status: DeploymentStatus,
}
