//! Abandoning: a removal that no agent will ever report is counted as done.

use switchtower_domain::{
    access::Granted,
    cluster::Cluster,
    deployment::Deployment,
    operation,
    resource::{Kind, Resource},
};
use switchtower_store::{Commit, StoreError};

use crate::{
    Call, Control, Error,
    resource::{TRIES, Target, after},
};

impl Control {
    /// Counts a removal as done on a cluster without agents.
    ///
    /// INVARIANT: the cluster's revision is a condition of the transaction. An agent that is heard, or registers, changes it.
    pub async fn deployment_abandon(
        &self,
        call: &Call,
        target: Target<Deployment>,
        reason: Option<&str>,
    ) -> Result<Resource<Deployment>, Error> {
        let granted = call.authorize(&operation::deployment_abandon)?;
        for _ in 0..TRIES {
            let (cluster, deployment) = self.deployment_there(&granted, target).await?;
            let change = deployment.abandon(&cluster.body, reason, &call.stamp())?;
            let commit = Commit::new(&granted, &call.context).change(&change).unchanged(&cluster);
            match commit.send(&self.store).await {
                Ok(()) => return after(change),
                // Somebody else changed one of them; the next round tells whether that matters.
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// A deployment, at the revision that the caller knows, and its cluster.
    async fn deployment_there(
        &self,
        granted: &Granted,
        target: Target<Deployment>,
    ) -> Result<(Resource<Cluster>, Resource<Deployment>), Error> {
        let tenant = granted.tenant_id();
        let found = self.store.find_deployment(tenant, target.id).await?;
        let deployment = found.ok_or(Error::NotFound { kind: Deployment::KIND })?;
        if target.if_match.is_some_and(|expected| expected != deployment.revision) {
            return Err(Error::Stale);
        }
        let cluster = self.store.get(tenant, deployment.body.cluster_id).await?;
        Ok((cluster.ok_or(Error::NotFound { kind: Cluster::KIND })?, deployment))
    }
}
