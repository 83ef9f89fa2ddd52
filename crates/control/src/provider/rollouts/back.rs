//! One cluster of a rollout goes back to what was there before.

use switchtower_domain::{
    cluster::Cluster,
    deployment::{Deployment, Generation},
    product_publish::ProductPublish,
    resource::Resource,
    rollout::{Rollout, RolloutTarget, TargetState},
};

use super::{publish::reason, worker::Run};
use crate::{
    Control, Error,
    provider::product_publishes::{Wanted, desire, ring},
    resource::after,
};

impl Control {
    /// Takes a cluster back, and tells what became of the rollout. What somebody else published since is left alone.
    pub(super) async fn rollout_back(
        &self,
        run: &Run<'_>,
        rollout: Resource<Rollout>,
        target: &RolloutTarget,
    ) -> Result<Resource<Rollout>, Error> {
        let tenant = rollout.tenant_id;
        let publish = match target.product_publish_id {
            Some(id) => self.store.get::<ProductPublish>(tenant, id).await?,
            None => None,
        };
        let Some(publish) = publish else {
            return self.rollout_left(run, rollout, target, "The publish does not exist any more.").await;
        };
        let (cluster, deployment) = self.deployed(&publish).await?;
        if Some(deployment.body.generation) != target.generation {
            return self.rollout_left(run, rollout, target, "Something else was published there since.").await;
        }
        match target.previous_generation {
            Some(generation) => {
                cluster.body.accepts_deployments()?;
                self.rollout_restore(run, rollout, publish, (cluster, deployment), generation).await
            }
            None => self.rollout_withdraw(run, rollout, publish, (cluster, deployment)).await,
        }
    }

    /// An old snapshot becomes a new generation; nothing else changes.
    async fn rollout_restore(
        &self,
        run: &Run<'_>,
        rollout: Resource<Rollout>,
        publish: Resource<ProductPublish>,
        (cluster, deployment): (Resource<Cluster>, Resource<Deployment>),
        generation: Generation,
    ) -> Result<Resource<Rollout>, Error> {
        let old = self.old_generation(&deployment, generation).await?;
        let (stamp, reason) = (run.stamp(), format!("{}, taken back", reason(&rollout)));
        let (commit, (_, deployment)) =
            old.restore(run.commit(), publish, (&cluster, deployment), Some(&reason), &stamp)?;
        let change = rollout.went_back(cluster.id, TargetState::RolledBack, None, &stamp);
        commit.change(&change).send(&self.store).await?;
        ring(run.doorbells, &cluster, deployment.id).await;
        after(change)
    }

    /// Nothing was there before.
    async fn rollout_withdraw(
        &self,
        run: &Run<'_>,
        rollout: Resource<Rollout>,
        publish: Resource<ProductPublish>,
        (cluster, deployment): (Resource<Cluster>, Resource<Deployment>),
    ) -> Result<Resource<Rollout>, Error> {
        let (id, target) = (deployment.id, publish.id);
        let withdrawn = publish.withdraw(&run.stamp())?;
        let desired = deployment.desire(None, &run.stamp());
        let commit = run.commit().change(&withdrawn).offer_removed(target);
        let reason = format!("{}, taken back", reason(&rollout));
        let (commit, _) = desire(commit, &cluster, desired, Wanted::Nothing, Some(&reason))?;
        let change = rollout.went_back(cluster.id, TargetState::RolledBack, None, &run.stamp());
        commit.change(&change).send(&self.store).await?;
        ring(run.doorbells, &cluster, id).await;
        after(change)
    }

    async fn rollout_left(
        &self,
        run: &Run<'_>,
        rollout: Resource<Rollout>,
        target: &RolloutTarget,
        why: &str,
    ) -> Result<Resource<Rollout>, Error> {
        let change = rollout.went_back(target.cluster_id, TargetState::Superseded, Some(why.to_owned()), &run.stamp());
        run.commit().change(&change).send(&self.store).await?;
        after(change)
    }
}
