//! What is seen of a rollout's clusters.

use std::collections::HashMap;

use switchtower_domain::{
    cluster::{Cluster, ClusterId},
    deployment::{Deployment, DeploymentId},
    resource::{Kind, Resource},
    rollout::{DeploymentSight, Rollout, RolloutStatus, RolloutTarget, Sight, Sights, TargetState},
};
use switchtower_store::{Key, StoreError, read::Found};

use crate::{Control, Error};

/// The most rows of one call.
const AT_ONCE: usize = 100;

impl Control {
    /// Looks at the clusters of a rollout, as far as its next step depends on them.
    pub(super) async fn rollout_sights(&self, rollout: &Resource<Rollout>) -> Result<Sights, Error> {
        let targets = &rollout.body.targets;
        if !rollout.body.status.is_active() {
            // Whether a cluster can go back is told when it does.
            let blank = Sight { cluster: None, deployment: None };
            let back = targets.iter().filter(|_| rollout.body.status == RolloutStatus::RollingBack);
            return Ok(back.map(|target| (target.cluster_id, blank.clone())).collect());
        }
        let ids: HashMap<ClusterId, String> = targets
            .iter()
            .filter(|target| cluster_matters(target.state))
            .map(|target| (target.cluster_id, target.cluster_id.to_string()))
            .collect();
        let tenant = rollout.tenant_id;
        let mut keys: Vec<_> = ids.values().map(|id| Key::Resource { tenant, kind: Cluster::KIND, id }).collect();
        keys.extend(targets.iter().filter_map(|target| {
            let id = deployment_matters(target)?;
            Some(Key::Deployment { cluster: target.cluster_id, id })
        }));
        let mut found = Found::default();
        for keys in keys.chunks(AT_ONCE) {
            found.extend(self.store.get_many(keys).await?);
        }
        let mut sights = Sights::new();
        for target in targets {
            match sight(&mut found, rollout, target) {
                Ok(sight) => drop(sights.insert(target.cluster_id, sight)),
                Err(error) => tracing::error!(%error, cluster_id = %target.cluster_id, "it cannot be looked at"),
            }
        }
        Ok(sights)
    }
}

/// Whether the next step depends on the status of the cluster.
const fn cluster_matters(state: TargetState) -> bool {
    match state {
        TargetState::Waiting | TargetState::Skipped | TargetState::Publishing | TargetState::Offline => true,
        TargetState::Ready
        | TargetState::Degraded
        | TargetState::Failed
        | TargetState::Superseded
        | TargetState::RolledBack
        | TargetState::RollbackFailed => false,
    }
}

fn deployment_matters(target: &RolloutTarget) -> Option<DeploymentId> {
    target.deployment_id.filter(|_| target.state != TargetState::Superseded)
}

fn sight(found: &mut Found, rollout: &Resource<Rollout>, target: &RolloutTarget) -> Result<Sight, StoreError> {
    let cluster: Option<Resource<Cluster>> = found.resource(rollout.tenant_id, target.cluster_id)?;
    let deployment: Option<Resource<Deployment>> = match deployment_matters(target) {
        Some(id) => found.doc(&Key::Deployment { cluster: target.cluster_id, id })?,
        None => None,
    };
    Ok(Sight {
        cluster: cluster.map(|cluster| cluster.body.status),
        deployment: deployment.map(|deployment| DeploymentSight::from(&deployment.body)),
    })
}
