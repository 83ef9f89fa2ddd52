//! Putting a generation in place, and telling how it ended.

use std::collections::btree_map::Entry;

use switchtower_domain::{
    deployment::{Condition, ConditionStatus, DeploymentId, Desired, Outcome},
    product_publish::DriftPolicy,
};
use switchtower_protocol::{
    desired::DesiredItem,
    snapshot::{self, SCHEMA, Snapshot},
};

use super::{
    ConvergeError, Converger, Round,
    outcome::{Ending, beginning},
    patience::Watch,
};
use crate::port::{ApiError, Clock, ControlPlane, Driver, DriverError, Failure, Fetched, Order, StateStore};

/// Why a deployment is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The control plane asks, by doorbell or listing.
    Round,
    /// It is time to.
    Check,
}

impl<C: ControlPlane, D: Driver, S: StateStore, K: Clock> Converger<C, D, S, K> {
    /// Applies what was fetched, and reports.
    pub(super) async fn apply(&mut self, fetched: Fetched) -> Result<Round, ConvergeError> {
        let Fetched { item, snapshot } = fetched;
        let id = item.deployment_id;
        let plan = self.plan(&item, snapshot);
        let keys = plan.iter().flat_map(Watch::keys);
        self.state.begin(&item, keys, plan.as_ref().ok().map(Watch::rendering));
        self.save().await?;
        if !item.settled && self.announce(&item).await? == Round::Outdated {
            return Ok(Round::Outdated);
        }
        tracing::info!(deployment = %id, generation = item.generation.0, desired = ?item.desired, "applying");
        let ending = match plan {
            Ok(watch) => {
                self.take_up(watch);
                self.put(&item).await?
            }
            Err(failures) => {
                self.watches.remove(&id);
                Ending::unplanned(failures)
            }
        };
        self.finish(&item, ending, Occasion::Round).await?;
        self.deliver(id).await
    }

    /// Goes on watching a generation, or begins to.
    fn take_up(&mut self, new: Watch) {
        match self.watches.entry(new.item.deployment_id) {
            Entry::Occupied(mut known) if known.get().is_of(&new.item) => {
                let known = known.get_mut();
                (known.drift, known.objects) = (new.drift, new.objects);
            }
            entry => _ = entry.insert_entry(new),
        }
    }

    fn plan(&self, item: &DesiredItem, snapshot: Result<Option<Snapshot>, String>) -> Result<Watch, Vec<Failure>> {
        if item.desired == Desired::Absent {
            return Ok(Watch::new(item.clone(), DriftPolicy::default(), Vec::new()));
        }
        let unfit = |field: Option<&str>, message: String| {
            vec![Failure {
                kind: "Snapshot".to_owned(),
                name: item.deployment_id.to_string(),
                field: field.map(str::to_owned),
                message,
            }]
        };
        let snapshot = snapshot
            .map_err(|why| unfit(None, format!("The snapshot cannot be read by this agent: {why}.")))?
            .ok_or_else(|| unfit(None, "The control plane sent no snapshot.".to_owned()))?;
        if !snapshot::is_known(snapshot.schema) {
            let message = format!("The snapshot has form {}, and this agent reads up to {SCHEMA}.", snapshot.schema);
            return Err(unfit(Some("schema"), message));
        }
        if snapshot.deployment_id != item.deployment_id {
            return Err(unfit(Some("deployment_id"), "The snapshot is another deployment's.".to_owned()));
        }
        if snapshot.cluster_id != self.state.cluster_id {
            return Err(unfit(Some("cluster_id"), "The snapshot is another cluster's.".to_owned()));
        }
        let objects = self.driver.plan(&snapshot)?;
        Ok(Watch::new(item.clone(), snapshot.publish.drift, objects))
    }

    /// Says that it begins. Only what makes the apply pointless stops it: it does not wait for the control plane.
    async fn announce(&self, item: &DesiredItem) -> Result<Round, ConvergeError> {
        match self.control.report(&beginning(item.deployment_id, item.generation)).await {
            Ok(receipt) if receipt.generation > item.generation => Ok(Round::Outdated),
            Err(error @ ApiError::Unauthorized(_)) => Err(error.into()),
            Err(error) => {
                tracing::debug!(deployment = %item.deployment_id, %error, "could not say that it begins");
                Ok(Round::Done)
            }
            Ok(_) => Ok(Round::Done),
        }
    }

    /// Puts in place what is watched, or looks what has become of it.
    pub(super) async fn put(&mut self, item: &DesiredItem) -> Result<Ending, ConvergeError> {
        let id = item.deployment_id;
        let (Some(watch), Some(record)) = (self.watches.get(&id), self.state.record(id)) else {
            return Err(ConvergeError::Restless(id));
        };
        let order = Order {
            deployment_id: id,
            generation: item.generation,
            drift: watch.drift,
            established: record.established,
            objects: watch.objects.clone(),
            delete: record.surplus(&watch.keys()),
        };
        let applied = self.driver.apply(&order).await;
        let now = self.clock.now();
        let Some(watch) = self.watches.get_mut(&id) else { return Err(ConvergeError::Restless(id)) };
        match applied {
            Ok(mut placed) => {
                if let Some(record) = self.state.deployments.get_mut(&id) {
                    record.forget_deleted(&placed.results);
                }
                let mood = watch.looked(&mut placed.results, &self.patience, now);
                Ok(Ending::of(item.desired, placed, mood))
            }
            Err(DriverError::Unusable(message)) => {
                watch.postpone(now);
                Ok(Ending::unusable(message))
            }
            Err(error @ DriverError::Unreachable(_)) => {
                watch.postpone(now);
                self.finish(item, Ending::unreachable(error.to_string()), Occasion::Check).await?;
                if let Err(error) = self.deliver(id).await {
                    tracing::debug!(deployment = %id, %error, "could not say that the target does not answer");
                }
                Err(error.into())
            }
            Err(error @ DriverError::Superseded(newer)) => {
                self.watches.remove(&id);
                self.state.fence(id, newer);
                self.save().await?;
                Err(error.into())
            }
        }
    }

    /// Takes note of how it ended, or how far it has come, and of what to report.
    pub(super) async fn finish(
        &mut self,
        item: &DesiredItem,
        ending: Ending,
        occasion: Occasion,
    ) -> Result<(), ConvergeError> {
        let (id, now) = (item.deployment_id, self.clock.now());
        let (Some(record), watch) = (self.state.deployments.get_mut(&id), self.watches.get_mut(&id)) else {
            return Ok(());
        };
        let waits = ending.outcome == Outcome::Applying;
        let asked = occasion == Occasion::Round || watch.as_ref().is_some_and(|watch| watch.owes_word);
        if waits && record.established {
            // What the control plane knows holds until the gateway has answered.
            record.outcome = record.outcome.or(Some(Outcome::Applied));
            if let Some(watch) = watch {
                watch.owes_word = asked;
            }
            return self.save().await;
        }
        let conditions = ending.conditions(item.generation, &record.conditions, now);
        let news = match &record.report {
            // While it waits, the same for other objects than before is no news.
            Some(_) if waits => gists(&conditions).ne(gists(&record.conditions)),
            Some(report) => conditions != record.conditions || ending.differs(report),
            None => true,
        };
        record.outcome = (!waits).then_some(ending.outcome);
        record.established |= ending.outcome == Outcome::Applied && item.desired == Desired::Present;
        record.conditions.clone_from(&conditions);
        if !waits {
            self.metrics.applied(ending.outcome);
            if ending.outcome != Outcome::Applied && (news || asked) {
                tracing::warn!(deployment = %id, generation = item.generation.0, "{}", ending.message);
            }
            let over = item.desired == Desired::Absent && ending.outcome == Outcome::Applied;
            if over || watch.as_ref().is_some_and(|watch| watch.due().is_none()) {
                self.watches.remove(&id);
            } else if let Some(watch) = watch {
                watch.told();
            }
        }
        if news {
            record.report = Some(ending.report(id, item.generation, conditions));
        }
        // What is no news is said again when it was asked for: should the control plane have come to believe something
        // else, it learns.
        record.accepted &= !(news || asked);
        self.save().await
    }

    /// Sends the report that was not accepted yet, if there is one.
    pub(super) async fn deliver(&mut self, id: DeploymentId) -> Result<Round, ConvergeError> {
        let Some(report) = self.state.record(id).and_then(|record| record.pending().cloned()) else {
            return Ok(Round::Done);
        };
        let newest = match self.control.report(&report).await {
            Ok(receipt) => receipt.generation,
            // Nobody wants to know any more; the next listing tells what to do with what is in place.
            Err(error) if error.is_not_found() => report.generation,
            Err(error) => return Err(error.into()),
        };
        self.metrics.reports.add();
        if let Some(record) = self.state.deployments.get_mut(&id) {
            record.accepted = true;
        }
        self.save().await?;
        tracing::info!(deployment = %id, generation = report.generation.0, outcome = ?report.outcome, "reported");
        Ok(if newest > report.generation { Round::Outdated } else { Round::Done })
    }
}

/// Conditions without their sentences.
fn gists(conditions: &[Condition]) -> impl Iterator<Item = (&str, ConditionStatus, &str)> {
    conditions.iter().map(|condition| (condition.kind.as_str(), condition.status, condition.reason.as_str()))
}
