//! Publishing: the product as it is now becomes what is desired on the cluster.

use switchtower_domain::{
    access::Granted,
    deployment::{Deployment, DeploymentId, Desired},
    operation,
    product_publish::{ProductPublish, PublishStatus},
    resource::Resource,
    subscription::Offer,
};
use switchtower_store::{Commit, StoreError};

use super::{
    Wanted,
    compile::{Compiled, compile},
    desire, ring,
    sources::Sources,
};
use crate::{
    Call, Control, Error,
    ports::Doorbells,
    resource::{Target, after},
};

/// How often publishing starts anew: all publishes to a cluster bump the same counter.
const TRIES: usize = 8;

impl Control {
    /// Publishes what the product is now. Publishing what is deployed already changes nothing.
    pub async fn product_publish_publish(
        &self,
        call: &Call,
        doorbells: &dyn Doorbells,
        target: Target<ProductPublish>,
        reason: Option<&str>,
    ) -> Result<Resource<ProductPublish>, Error> {
        let granted = call.authorize(&operation::product_publish_publish)?;
        let new_id = call.context.id();
        for _ in 0..TRIES {
            let publish = self.load(call, &granted, target).await?;
            let sources = self.publish_sources(&call.context, &publish).await?;
            sources.cluster.body.accepts_deployments()?;
            let deployment_id = publish.body.deployment_id.unwrap_or(new_id);
            let compiled = compile(&publish, &sources, deployment_id)?;
            if is_desired(&publish, &sources, &compiled) {
                return Ok(publish);
            }
            match self.publish_commit(call, &granted, publish, &sources, (deployment_id, compiled), reason).await {
                Ok(published) => {
                    ring(doorbells, &sources.cluster, deployment_id).await;
                    return Ok(published);
                }
                Err(Error::Busy) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    async fn publish_commit(
        &self,
        call: &Call,
        granted: &Granted,
        publish: Resource<ProductPublish>,
        sources: &Sources,
        (id, compiled): (DeploymentId, Compiled),
        reason: Option<&str>,
    ) -> Result<Resource<ProductPublish>, Error> {
        let (stamp, cluster) = (call.stamp(), &sources.cluster);
        let Compiled { json, digest } = compiled;
        let desired = match sources.deployment.clone() {
            Some(deployment) => deployment.desire(Some(digest), &stamp),
            None => {
                let (tenant, name) = (publish.tenant_id, publish.name.clone());
                Resource::<Deployment>::first(id, tenant, name, (publish.id, cluster.id), digest, &stamp)
            }
        };
        let services = sources.service_ids();
        let change = publish.publish(id, services, &stamp);
        let published = after(change.clone())?;
        let commit = Commit::new(granted, &call.context).change(&change);
        let commit = commit.offer(&Offer::of(sources.provider.clone(), &published, &sources.product));
        let (commit, _) = desire(commit, cluster, desired, Wanted::New(&json), reason)?;
        match commit.send(&self.store).await {
            Ok(()) => Ok(published),
            Err(StoreError::TooLarge { bytes, limit }) => Err(Error::TooLarge { what: "snapshot", bytes, limit }),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether this very snapshot is desired already.
fn is_desired(publish: &Resource<ProductPublish>, sources: &Sources, compiled: &Compiled) -> bool {
    publish.body.status == PublishStatus::Published
        && sources.deployment.as_ref().is_some_and(|deployment| {
            let body = &deployment.body;
            body.desired == Desired::Present && body.digest.as_deref() == Some(compiled.digest.as_str())
        })
}
