//! Product publishes: what is their own besides create, get, list and replace.
//!
//! ```text
//!   publish --load--> product, gateway template, cluster, deployment, API services
//!                 --compile--> snapshot, or everything that is in the way
//!                 --commit--> publish + deployment's next generation + cluster's desired version, all or nothing
//!                 --ring--> the cluster's queue, best effort
//! ```

mod compile;
mod desire;
pub mod preview;
mod publish;
mod rollback;
mod sources;
mod withdraw;

use switchtower_domain::{
    cluster::Cluster,
    deployment::{Deployment, DeploymentId},
    operation,
    product_publish::ProductPublish,
    resource::Resource,
};
use switchtower_protocol::doorbell::Doorbell;
use switchtower_store::{Commit, StoreError, blob::GenerationRow};

pub(in crate::provider) use self::{
    compile::{Compiled, compile},
    desire::{Wanted, desire},
    sources::Sources,
};
use crate::{
    Call, Control, Error,
    ports::Doorbells,
    resource::{TRIES, Target},
};

impl Control {
    /// Deletes a publish of which nothing runs.
    pub async fn product_publish_delete(&self, call: &Call, target: Target<ProductPublish>) -> Result<(), Error> {
        let granted = call.authorize(&operation::product_publish_delete)?;
        for _ in 0..TRIES {
            let publish = self.load(call, &granted, target).await?;
            if let Some(id) = publish.body.deployment_id {
                // INVARIANT: once removed, only this publish can make it run again, and that changes its revision.
                let deployment = self.store.get_deployment(publish.body.cluster_id, id).await?;
                deployment.map_or(Ok(()), |deployment| publish.deletable_with(deployment.body.status))?;
            }
            let change = publish.delete()?;
            match Commit::new(&granted, &call.context).change(&change).send(&self.store).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Stale) => {}
                Err(StoreError::InUse) => return Err(self.in_use(target.id).await),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }
}

/// The record of the generation that a deployment comes to.
fn generation_row(deployment: &Resource<Deployment>, bytes: usize, reason: Option<&str>) -> GenerationRow {
    GenerationRow {
        generation: deployment.body.generation,
        desired: deployment.body.desired,
        digest: deployment.body.digest.clone(),
        bytes,
        created_at: deployment.updated_at,
        created_by: deployment.updated_by.clone(),
        reason: reason.map(str::to_owned),
        restored_from: None,
    }
}

/// Rings at a cluster, when it has a queue. The event rings again, so a failure costs time and nothing else.
pub(in crate::provider) async fn ring(
    doorbells: &dyn Doorbells,
    cluster: &Resource<Cluster>,
    deployment_id: DeploymentId,
) {
    let Some(channel) = &cluster.body.channel else { return };
    let doorbell = Doorbell { cluster_id: cluster.id, deployment_id };
    if let Err(error) = doorbells.ring(&channel.queue_url, doorbell).await {
        tracing::warn!(%error, cluster_id = %cluster.id, %deployment_id, "the doorbell did not ring at once");
    }
}
