//! Withdrawing: nothing of a publish is desired on its cluster any more.

use switchtower_domain::{
    cluster::Cluster,
    deployment::{Deployment, DeploymentId},
    operation,
    product_publish::ProductPublish,
    resource::{Kind, Resource},
};
use switchtower_store::{Commit, Key};

use super::{Wanted, desire, ring};
use crate::{
    Call, Control, Error,
    ports::Doorbells,
    resource::{TRIES, Target, after},
};

impl Control {
    /// Withdraws a publish; its deployment is `removed` once an agent has reported so. A cluster in maintenance allows it.
    pub async fn product_publish_withdraw(
        &self,
        call: &Call,
        doorbells: &dyn Doorbells,
        target: Target<ProductPublish>,
        reason: Option<&str>,
    ) -> Result<Resource<ProductPublish>, Error> {
        let granted = call.authorize(&operation::product_publish_withdraw)?;
        for _ in 0..TRIES {
            let publish = self.load(call, &granted, target).await?;
            let change = publish.clone().withdraw(&call.stamp())?;
            let (cluster, deployment) = self.deployed(&publish).await?;
            let id: DeploymentId = deployment.id;
            let desired = deployment.desire(None, &call.stamp());
            let commit = Commit::new(&granted, &call.context).change(&change).offer_removed(publish.id);
            let (commit, _) = desire(commit, &cluster, desired, Wanted::Nothing, reason)?;
            match commit.send(&self.store).await.map_err(Error::from) {
                Ok(()) => {
                    ring(doorbells, &cluster, id).await;
                    return after(change);
                }
                Err(Error::Busy) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    /// The cluster and the deployment of a publish.
    pub(in crate::provider) async fn deployed(
        &self,
        publish: &Resource<ProductPublish>,
    ) -> Result<(Resource<Cluster>, Resource<Deployment>), Error> {
        let (tenant, cluster) = (publish.tenant_id, publish.body.cluster_id);
        let missing = Error::NotFound { kind: Deployment::KIND };
        let Some(id) = publish.body.deployment_id else { return Err(missing) };
        let deployment = Key::Deployment { cluster, id };
        let keys = [Key::Resource { tenant, kind: Cluster::KIND, id: &cluster.to_string() }, deployment];
        let mut found = self.store.get_many(&keys).await?;
        let cluster = found.resource(tenant, cluster)?.ok_or(Error::NotFound { kind: Cluster::KIND })?;
        Ok((cluster, found.doc(&deployment)?.ok_or(missing)?))
    }
}
