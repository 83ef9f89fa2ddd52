//! Rollouts: what is their own besides get and list. The worker's part is [`Rollouts`].

mod back;
mod choose;
mod look;
mod publish;
mod worker;

use switchtower_domain::{
    change::Change,
    operation,
    resource::Resource,
    rollout::{Rollout, RolloutInput},
};
use switchtower_store::{Commit, Key, StoreError};

pub use self::worker::{Advanced, Rollouts};
use crate::{
    Call, Control, Error,
    resource::{Target, after},
};

/// The kind of what says which rollout may publish a product in an environment.
const CLAIM: &str = "rollout_claim";

impl Control {
    /// Makes a rollout to the clusters that are chosen now, and starts it when the input says so.
    pub async fn rollout_create(&self, call: &Call, input: RolloutInput) -> Result<Resource<Rollout>, Error> {
        let granted = call.authorize(&operation::rollout_create)?;
        input.check()?;
        let clusters = self.rollout_clusters(call, &input.clusters).await?;
        let tenant = granted.tenant_id();
        let change = Resource::<Rollout>::plan(call.context.id(), tenant, input, clusters, &call.stamp())?;
        let commit = claim(Commit::new(&granted, &call.context).change(&change), &change);
        match commit.send(&self.store).await {
            Ok(()) => after(change),
            Err(StoreError::AlreadyExists) => Err(under_way()),
            Err(error) => Err(Error::of_commit(error, &change)),
        }
    }

    /// Begins with the first wave.
    pub async fn rollout_start(&self, call: &Call, target: Target<Rollout>) -> Result<Resource<Rollout>, Error> {
        let operation = &operation::rollout_start;
        let started = self
            .act_with(call, operation, target, Resource::<Rollout>::start, |commit, change| Ok(claim(commit, change)));
        match started.await {
            Err(Error::Busy) if self.is_claimed(call, target).await? => Err(under_way()),
            result => result,
        }
    }

    /// Publishes nothing more until it is resumed.
    pub async fn rollout_pause(
        &self,
        call: &Call,
        target: Target<Rollout>,
        reason: Option<&str>,
    ) -> Result<Resource<Rollout>, Error> {
        let pause = |rollout: Resource<Rollout>, stamp: &_| rollout.pause(reason.map(str::to_owned), stamp);
        self.act(call, &operation::rollout_pause, target, pause).await
    }

    /// Goes on where it was paused.
    pub async fn rollout_resume(&self, call: &Call, target: Target<Rollout>) -> Result<Resource<Rollout>, Error> {
        self.act(call, &operation::rollout_resume, target, Resource::<Rollout>::resume).await
    }

    /// Ends it; the worker takes clusters back to what was there before, when that is asked for.
    pub async fn rollout_abort(
        &self,
        call: &Call,
        target: Target<Rollout>,
        rollback: bool,
        reason: Option<String>,
    ) -> Result<Resource<Rollout>, Error> {
        let abort = |rollout: Resource<Rollout>, stamp: &_| rollout.abort(rollback, reason.clone(), stamp);
        let operation = &operation::rollout_abort;
        self.act_with(call, operation, target, abort, |commit, change| Ok(claim(commit, change))).await
    }

    /// Ends the record of a rollout that has nothing left to do; what it published stays.
    pub async fn rollout_delete(&self, call: &Call, target: Target<Rollout>) -> Result<(), Error> {
        let granted = call.authorize(&operation::rollout_delete)?;
        let rollout = self.load(call, &granted, target).await?;
        let change = rollout.delete_rollout()?;
        match Commit::new(&granted, &call.context).change(&change).send(&self.store).await {
            Ok(()) => Ok(()),
            Err(StoreError::Stale) if target.if_match.is_some() => Err(Error::Stale),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether another rollout publishes the same product in the same environment.
    async fn is_claimed(&self, call: &Call, target: Target<Rollout>) -> Result<bool, Error> {
        let tenant = call.caller.tenant_id();
        let Some(rollout) = self.store.get::<Rollout>(tenant, target.id).await? else { return Ok(false) };
        let name = rollout.body.claim();
        let holder: Option<String> = self.store.get_doc(&Key::Name { tenant, kind: CLAIM, name: &name }).await?;
        Ok(holder.is_some_and(|holder| holder != rollout.id.to_string()))
    }
}

/// Keeps the claim on the product and environment in step with a change: whoever is active holds it, and nobody else may be.
fn claim<'c>(commit: Commit<'c>, change: &Change<Rollout>) -> Commit<'c> {
    let active = |state: Option<&Resource<Rollout>>| state.is_some_and(|rollout| rollout.body.status.is_active());
    let Some(rollout) = change.subject() else { return commit };
    let name = rollout.body.claim();
    let key = Key::Name { tenant: rollout.tenant_id, kind: CLAIM, name: &name };
    match (active(change.before()), active(change.after())) {
        (false, true) => commit.insert(&key, CLAIM, rollout.tenant_id, &rollout.id),
        (true, false) => commit.remove(&key),
        _ => commit,
    }
}

fn under_way() -> Error {
    let detail = "Another rollout publishes this product in this environment. Wait until it has ended, or abort it.";
    Error::refused("rollout_under_way", detail)
}
