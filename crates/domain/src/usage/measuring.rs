//! Whether a publish is measured at all: no traffic is one thing, no numbers another.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    cluster::{Cluster, ClusterStatus},
    product_publish::ProductPublish,
};

/// Why there are no numbers, or none that are current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotMeasured {
    /// It was never published.
    NotPublished,
    /// No agent of its cluster has told what it can do.
    NoAgent,
    /// The agents of its cluster do not count.
    NotCounted,
    /// The agents of its cluster are silent.
    AgentsSilent,
}

impl NotMeasured {
    /// The same in a sentence that tells what to do.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::NotPublished => "It was never published, so nothing could go through. Publish it first.",
            Self::NoAgent => "No agent of its cluster has told yet what it can do. Register an agent there.",
            Self::NotCounted => {
                "The agent of its cluster does not count traffic. See what it needs for that in `docs/agent.md`."
            }
            Self::AgentsSilent => {
                "The agents of its cluster are silent. What went through since they were last heard is not known yet."
            }
        }
    }
}

/// Why a publish is not measured; nothing, when it is.
pub fn why_not_measured(publish: &ProductPublish, cluster: Option<&Cluster>) -> Option<NotMeasured> {
    if publish.deployment_id.is_none() {
        return Some(NotMeasured::NotPublished);
    }
    let told = cluster.and_then(|cluster| Some((cluster.status, cluster.capabilities.as_ref()?.usage)));
    match told {
        None => Some(NotMeasured::NoAgent),
        Some((_, false)) => Some(NotMeasured::NotCounted),
        Some((ClusterStatus::Inactive, true)) => Some(NotMeasured::AgentsSilent),
        Some((_, true)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::Capabilities, deployment::DeploymentId, resource::Editable};

    fn publish(deployment_id: Option<DeploymentId>) -> ProductPublish {
        let input = serde_json::json!({
            "name": "shop", "environment": "prod", "product_id": format!("prd_{}", "0".repeat(26)),
            "gateway_id": format!("gwt_{}", "0".repeat(26)), "cluster_id": format!("clu_{}", "0".repeat(26)),
        });
        let publish = ProductPublish::draft(serde_json::from_value(input).unwrap()).unwrap();
        ProductPublish { deployment_id, ..publish }
    }

    fn cluster(status: ClusterStatus, usage: Option<bool>) -> Cluster {
        let capabilities = usage.map(|usage| Capabilities { usage, ..Capabilities::default() });
        let draft = Cluster::draft(serde_json::from_str(r#"{ "name": "berlin" }"#).unwrap()).unwrap();
        Cluster { status, capabilities, ..draft }
    }

    #[test]
    fn only_what_is_published_where_agents_count_is_measured() {
        let running = publish(Some(DeploymentId::nil()));
        let counting = cluster(ClusterStatus::Active, Some(true));
        assert_eq!(why_not_measured(&running, Some(&counting)), None);
        assert_eq!(why_not_measured(&publish(None), Some(&counting)), Some(NotMeasured::NotPublished));
        assert_eq!(why_not_measured(&running, None), Some(NotMeasured::NoAgent));
        for (status, usage, why) in [
            (ClusterStatus::Active, None, NotMeasured::NoAgent),
            (ClusterStatus::Active, Some(false), NotMeasured::NotCounted),
            (ClusterStatus::Inactive, Some(false), NotMeasured::NotCounted),
            (ClusterStatus::Inactive, Some(true), NotMeasured::AgentsSilent),
        ] {
            assert_eq!(why_not_measured(&running, Some(&cluster(status, usage))), Some(why), "{status:?} {usage:?}");
        }
    }
}
