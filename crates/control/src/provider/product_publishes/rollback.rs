//! Rolling back: what an old generation desired is desired again, as a new generation. Nothing else changes.

use switchtower_domain::{
    access::Granted,
    change::{Change, Stamp},
    cluster::Cluster,
    deployment::{Deployment, Desired, Generation},
    operation,
    product_publish::ProductPublish,
    resource::Resource,
};
use switchtower_protocol::snapshot::Snapshot;
use switchtower_store::Commit;

use super::{Wanted, compile::unrenderable, desire, ring};
use crate::{
    Call, Control, Error, call,
    ports::Doorbells,
    resource::{TRIES, Target, after},
};

/// An old generation that is to be desired again.
pub(in crate::provider) struct Old {
    generation: Generation,
    json: Vec<u8>,
    digest: String,
}

/// What becomes of a publish and its deployment that go back.
pub(in crate::provider) type Restored = (Change<ProductPublish>, Resource<Deployment>);

impl Old {
    /// Adds to a transaction what takes a publish back to it.
    pub(in crate::provider) fn restore<'c>(
        &self,
        commit: Commit<'c>,
        publish: Resource<ProductPublish>,
        (cluster, deployment): (&Resource<Cluster>, Resource<Deployment>),
        reason: Option<&str>,
        stamp: &Stamp,
    ) -> Result<(Commit<'c>, Restored), Error> {
        let desired = deployment.desire(Some(self.digest.clone()), stamp);
        let change = publish.rolled_back(self.generation, stamp);
        let wanted = Wanted::Old(&self.json, self.generation);
        let (commit, deployment) = desire(commit.change(&change), cluster, desired, wanted, reason)?;
        Ok((commit, (change, deployment)))
    }
}

impl Control {
    /// Deploys the snapshot of an old generation as a new one. Going back to what is deployed changes nothing.
    pub async fn product_publish_rollback(
        &self,
        call: &Call,
        doorbells: &dyn Doorbells,
        target: Target<ProductPublish>,
        generation: Generation,
        reason: Option<&str>,
    ) -> Result<Resource<ProductPublish>, Error> {
        let granted = call.authorize(&operation::product_publish_rollback)?;
        for _ in 0..TRIES {
            let publish = self.load(call, &granted, target).await?;
            publish.body.expect_published("roll back")?;
            let (cluster, deployment) = self.deployed(&publish).await?;
            cluster.body.accepts_deployments()?;
            let old = self.old_generation(&deployment, generation).await?;
            let same = deployment.body.digest.as_deref() == Some(old.digest.as_str());
            if same && deployment.body.desired == Desired::Present {
                return Ok(publish);
            }
            match self.rollback_commit(call, &granted, publish, (&cluster, deployment), &old, reason).await {
                Ok((published, deployment)) => {
                    ring(doorbells, &cluster, deployment.id).await;
                    return Ok(published);
                }
                Err(Error::Busy) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    async fn rollback_commit(
        &self,
        call: &Call,
        granted: &Granted,
        publish: Resource<ProductPublish>,
        (cluster, deployment): (&Resource<Cluster>, Resource<Deployment>),
        old: &Old,
        reason: Option<&str>,
    ) -> Result<(Resource<ProductPublish>, Resource<Deployment>), Error> {
        let commit = Commit::new(granted, &call.context);
        let (commit, (change, deployment)) =
            old.restore(commit, publish, (cluster, deployment), reason, &call.stamp())?;
        commit.send(&self.store).await?;
        Ok((after(change)?, deployment))
    }

    /// The snapshot of a generation, if it can be deployed still.
    pub(in crate::provider) async fn old_generation(
        &self,
        deployment: &Resource<Deployment>,
        generation: Generation,
    ) -> Result<Old, Error> {
        if generation > deployment.body.generation {
            let newest = deployment.body.generation.0;
            let detail = format!("There is no generation {} yet; the newest is {newest}.", generation.0);
            return Err(Error::refused("generation_not_found", detail));
        }
        let json = self.store.snapshot(deployment.id, generation).await?.ok_or_else(|| {
            let detail = format!(
                "Generation {} has nothing to deploy: it was a withdrawal. Choose one whose `desired` is `present`.",
                generation.0
            );
            Error::refused("generation_not_found", detail)
        })?;
        let snapshot: Snapshot = serde_json::from_slice(&json).map_err(|error| Error::Unavailable(Box::new(error)))?;
        switchtower_render::check(&snapshot).map_err(|error| unrenderable(error.into_problems()))?;
        let digest = call::sha256_of(&json);
        Ok(Old { generation, json, digest })
    }
}
