//! Clusters: what is their own besides create, get, list, replace and delete.

use switchtower_domain::{
    change::Stamp,
    cluster::{Cluster, ClusterId},
    deployment::DeploymentStatus,
    operation,
    resource::{Reference, Resource},
};

use crate::{
    Call, Control, Error,
    fleet::cluster::{fenced, judge},
    resource::{ListRequest, Target},
};

impl Control {
    /// Stops new deployments to a cluster.
    pub async fn cluster_maintenance(&self, call: &Call, target: Target<Cluster>) -> Result<Resource<Cluster>, Error> {
        self.act(call, &operation::cluster_maintenance, target, Resource::<Cluster>::maintenance).await
    }

    /// Lets deployments reach a cluster again. The watch looks at agents that are silent once: what it saw during the maintenance
    /// is made up for here.
    pub async fn cluster_activate(&self, call: &Call, target: Target<Cluster>) -> Result<Resource<Cluster>, Error> {
        let operation = &operation::cluster_activate;
        call.authorize(operation)?;
        let agents = self.store.cluster_liveness(target.id).await?;
        let silent = judge(&agents, call.context.now, i64::from(self.heartbeat_seconds)).silent;
        let activate = |cluster: Resource<Cluster>, stamp: &Stamp| cluster.activate(silent, stamp);
        self.act_with(call, operation, target, activate, |commit, _| {
            Ok(if silent { fenced(commit, &agents) } else { commit })
        })
        .await
    }

    /// Begins the end of a cluster that nothing is deployed on; the provisioner removes its queue and then its row.
    pub async fn cluster_delete(&self, call: &Call, target: Target<Cluster>) -> Result<(), Error> {
        self.refuse_while_deployed(call, target.id).await?;
        let operation = &operation::cluster_delete;
        self.act_with(call, operation, target, Resource::<Cluster>::retire, |commit, _| {
            Ok(commit.unreferenced(target.id))
        })
        .await
        .map(drop)
    }

    /// INVARIANT: a deployment to a cluster needs a publish, and a publish refers to its cluster; so the commit's own check
    /// closes the gap between this read and the write.
    async fn refuse_while_deployed(&self, call: &Call, cluster: ClusterId) -> Result<(), Error> {
        let granted = call.authorize(&operation::cluster_delete)?;
        let ListRequest { limit, cursor } = ListRequest { limit: 100, cursor: None };
        let deployments = self.store.list_cluster_deployments(cluster, &call.page(limit, cursor)).await?;
        // Whether the cluster is the tenant's own is told when it is loaded; here nothing of others may be told.
        let own = deployments.items.iter().filter(|deployment| deployment.tenant_id == granted.tenant_id());
        let live = own.filter(|deployment| deployment.body.status != DeploymentStatus::Removed);
        let users: Vec<_> = live.take(20).map(|deployment| Reference::to(deployment.id)).collect();
        if users.is_empty() { Ok(()) } else { Err(Error::InUse { kind: "cluster", users }) }
    }
}
