//! Putting a generation in place, and telling how it ended.

use std::collections::BTreeSet;

use switchtower_domain::deployment::{DeploymentId, Desired, Outcome};
use switchtower_protocol::{
    desired::DesiredItem,
    snapshot::{self, SCHEMA, Snapshot},
};

use super::{
    ConvergeError, Converger, Round,
    outcome::{Ending, beginning},
};
use crate::port::{
    ApiError, Clock, ControlPlane, Driver, DriverError, Failure, Fetched, Object, ObjectKey, Order, StateStore,
};

impl<C: ControlPlane, D: Driver, S: StateStore, K: Clock> Converger<C, D, S, K> {
    /// Applies what was fetched, and reports.
    pub(super) async fn apply(&mut self, fetched: Fetched) -> Result<Round, ConvergeError> {
        let Fetched { item, snapshot } = fetched;
        let id = item.deployment_id;
        let plan = self.plan(&item, snapshot);
        let keys: BTreeSet<ObjectKey> = plan.iter().flatten().map(|object| object.key.clone()).collect();
        self.state.begin(&item, keys.iter().cloned());
        self.save().await?;
        if !item.settled && self.announce(&item).await? == Round::Outdated {
            return Ok(Round::Outdated);
        }
        tracing::info!(deployment = %id, generation = item.generation.0, desired = ?item.desired, "applying");
        let ending = match plan {
            Ok(objects) => self.put(&item, objects, &keys).await?,
            Err(failures) => Ending::unplanned(failures),
        };
        self.finish(&item, ending).await?;
        self.deliver(id).await
    }

    fn plan(
        &self,
        item: &DesiredItem,
        snapshot: Result<Option<Snapshot>, String>,
    ) -> Result<Vec<Object>, Vec<Failure>> {
        if item.desired == Desired::Absent {
            return Ok(Vec::new());
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
        self.driver.plan(&snapshot)
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

    async fn put(
        &mut self,
        item: &DesiredItem,
        objects: Vec<Object>,
        keys: &BTreeSet<ObjectKey>,
    ) -> Result<Ending, ConvergeError> {
        let (deployment_id, generation) = (item.deployment_id, item.generation);
        let delete = self.state.record(deployment_id).map(|record| record.surplus(keys)).unwrap_or_default();
        match self.driver.apply(&Order { deployment_id, generation, objects, delete }).await {
            Ok(results) => {
                if let Some(record) = self.state.deployments.get_mut(&deployment_id) {
                    record.forget_deleted(&results);
                }
                Ok(Ending::of(item.desired, results))
            }
            Err(DriverError::Unusable(message)) => Ok(Ending::unusable(message)),
            Err(error @ DriverError::Superseded(newer)) => {
                self.state.fence(deployment_id, newer);
                self.save().await?;
                Err(error.into())
            }
        }
    }

    /// Takes note of how it ended, and of what to report.
    async fn finish(&mut self, item: &DesiredItem, ending: Ending) -> Result<(), ConvergeError> {
        self.metrics.applied(ending.outcome);
        if ending.outcome != Outcome::Applied {
            tracing::warn!(deployment = %item.deployment_id, generation = item.generation.0, "{}", ending.message);
        }
        let now = self.clock.now();
        if let Some(record) = self.state.deployments.get_mut(&item.deployment_id) {
            let condition = ending.condition(item.generation, record.condition.as_ref(), now);
            let news = record.report.is_none() || record.condition.as_ref() != Some(&condition) || ending.drifted();
            record.outcome = Some(ending.outcome);
            record.condition = Some(condition.clone());
            if news {
                record.report = Some(ending.report(item.deployment_id, condition));
            }
            // What is no news is said again: should the control plane have come to believe something else, it learns.
            record.accepted = false;
        }
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
