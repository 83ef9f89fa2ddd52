//! Listing all that is desired, and converging on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use switchtower_domain::{
    deployment::{DeploymentId, ObjectOutcome},
    product_publish::DriftPolicy,
};
use switchtower_protocol::desired::DesiredItem;

use super::{ConvergeError, Converger, Effort, Settled, decide::differs};
use crate::port::{Clock, ControlPlane, Driver, DriverError, Order, StateStore};

/// All that is desired.
struct Listing {
    items: BTreeMap<DeploymentId, DesiredItem>,
    version: u64,
}

impl<C: ControlPlane, D: Driver, S: StateStore, K: Clock> Converger<C, D, S, K> {
    /// Converges on everything. One deployment in trouble does not keep the others waiting; the first trouble is returned.
    pub async fn sync(&mut self, effort: Effort) -> Result<u64, ConvergeError> {
        if effort == Effort::Full {
            self.adopt().await?;
        }
        let listing = self.list().await?;
        let listed: BTreeSet<DeploymentId> = listing.items.keys().copied().collect();
        let mut trouble = None;
        for (id, item) in listing.items {
            if differs(self.state.record(id), &item, effort) {
                let ended = self.deployment(id, effort).await;
                self.go_on(id, ended.map(|_| ()), &mut trouble)?;
            }
        }
        for id in self.state.unlisted(&listed, effort == Effort::Full) {
            let ended = self.unlisted(id, effort).await;
            self.go_on(id, ended, &mut trouble)?;
        }
        match trouble {
            Some(error) => Err(error),
            None => {
                let waits = |id| self.state.record(id).is_some_and(|record| record.outcome.is_none());
                if !listed.iter().copied().any(waits) {
                    self.state.applied_version = listing.version;
                    self.save().await?;
                }
                Ok(listing.version)
            }
        }
    }

    async fn list(&self) -> Result<Listing, ConvergeError> {
        let mut listing = Listing { items: BTreeMap::new(), version: u64::MAX };
        let mut cursor: Option<String> = None;
        loop {
            let page = self.control.deployments(cursor.as_deref()).await?;
            listing.version = listing.version.min(page.desired_version);
            listing.items.extend(page.items.into_iter().map(|item| (item.deployment_id, item)));
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(listing),
            }
        }
    }

    /// A deployment that is known and not listed. Only when the control plane says that it does not exist is it pruned.
    async fn unlisted(&mut self, id: DeploymentId, effort: Effort) -> Result<(), ConvergeError> {
        match self.deployment(id, effort).await? {
            Settled::Converged => Ok(()),
            Settled::Gone => self.prune(id).await,
        }
    }

    async fn prune(&mut self, id: DeploymentId) -> Result<(), ConvergeError> {
        let Some(record) = self.state.record(id) else { return Ok(()) };
        let (generation, delete) = (record.generation, record.inventory.clone());
        tracing::info!(deployment = %id, objects = delete.len(), "pruning, since it exists no more");
        self.watches.remove(&id);
        let order = Order {
            deployment_id: id,
            generation,
            drift: DriftPolicy::default(),
            established: false,
            objects: Arc::default(),
            delete,
        };
        let results = self.driver.apply(&order).await?.results;
        if let Some(record) = self.state.deployments.get_mut(&id) {
            record.forget_deleted(&results);
            if record.inventory.is_empty() {
                self.state.deployments.remove(&id);
            }
        }
        self.save().await?;
        match results.into_iter().find(|result| result.outcome == ObjectOutcome::Failed) {
            Some(failed) => {
                let why = failed.message.unwrap_or_default();
                Err(DriverError::Unusable(format!("cannot remove {}: {why}", failed.key)).into())
            }
            None => Ok(()),
        }
    }

    /// Stops the round at what concerns all deployments; keeps in mind what concerns one.
    pub(super) fn go_on(
        &self,
        id: DeploymentId,
        ended: Result<(), ConvergeError>,
        trouble: &mut Option<ConvergeError>,
    ) -> Result<(), ConvergeError> {
        match ended {
            Ok(()) => Ok(()),
            Err(error) if error.concerns_all() => Err(error),
            Err(error) => {
                tracing::warn!(deployment = %id, %error, "could not converge");
                trouble.get_or_insert(error);
                Ok(())
            }
        }
    }
}
