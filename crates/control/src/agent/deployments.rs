//! What is desired on an agent's cluster.

use switchtower_domain::{
    deployment::{Deployment, DeploymentId, DeploymentStatus, Desired},
    operation,
    resource::Resource,
};
use switchtower_protocol::{
    desired::{DesiredItem, DesiredPage, DesiredState},
    snapshot::Snapshot,
};

use super::own;
use crate::{Call, Control, Error, resource::ListRequest};

impl Control {
    /// A part of all that is desired on the agent's cluster.
    ///
    /// INVARIANT: `desired_version` is read before the items, which are read consistently: whatever it counts is in them.
    pub async fn agent_deployment_list(&self, call: &Call, request: ListRequest) -> Result<DesiredPage, Error> {
        let own = own(call, &operation::agent_deployment_list)?;
        let desired_version = self.store.desired_version(own.cluster).await?;
        let page = call.page(request.limit, request.cursor);
        let listed = self.store.list_cluster_deployments(own.cluster, &page).await?;
        let left = listed.items.iter().filter(|deployment| !is_over(deployment));
        Ok(DesiredPage { items: left.map(item).collect(), next_cursor: listed.next_cursor, desired_version })
    }

    /// A deployment with what it takes to apply it.
    pub async fn agent_deployment_get(&self, call: &Call, id: DeploymentId) -> Result<DesiredState, Error> {
        let own = own(call, &operation::agent_deployment_get)?;
        let deployment = self.own_deployment(own.cluster, own.tenant, id).await?;
        let item = item(&deployment);
        let snapshot = match item.desired {
            Desired::Present => Some(self.desired_snapshot(&item).await?),
            Desired::Absent => None,
        };
        Ok(DesiredState { item, snapshot })
    }

    async fn desired_snapshot(&self, item: &DesiredItem) -> Result<Snapshot, Error> {
        let json = self.store.snapshot(item.deployment_id, item.generation).await?;
        let corrupt = |what: &str| format!("the snapshot of {} {} {what}", item.deployment_id, item.generation.0);
        let json = json.ok_or_else(|| Error::Unavailable(corrupt("is missing").into()))?;
        serde_json::from_slice(&json)
            .map_err(|error| Error::Unavailable(corrupt(&format!("cannot be read: {error}")).into()))
    }
}

/// Whether agents have nothing to do with it any more. What was abandoned, they still have to remove.
fn is_over(deployment: &Resource<Deployment>) -> bool {
    deployment.body.status == DeploymentStatus::Removed && deployment.body.is_settled()
}

fn item(deployment: &Resource<Deployment>) -> DesiredItem {
    let body = &deployment.body;
    DesiredItem {
        deployment_id: deployment.id,
        generation: body.generation,
        desired: body.desired,
        digest: body.digest.clone(),
        settled: body.is_settled(),
    }
}
