//! Looking again, by the clock and without the control plane: at what waits for its gateway, and at what may have been
//! changed by hand.

use jiff::Timestamp;
use switchtower_domain::deployment::DeploymentId;

use super::{ConvergeError, Converger, apply::Occasion, patience::Watch};
use crate::port::{Clock, ControlPlane, Driver, StateStore};

impl<C: ControlPlane, D: Driver, S: StateStore, K: Clock> Converger<C, D, S, K> {
    /// When to look again; never while nothing is to be looked at.
    pub fn due(&self) -> Option<Timestamp> {
        self.watches.values().filter_map(Watch::due).min()
    }

    /// Looks at everything that is due by a time. One deployment in trouble does not keep the others waiting; the first
    /// trouble is returned.
    pub async fn check(&mut self, by: Timestamp) -> Result<(), ConvergeError> {
        let due = |watch: &Watch| watch.due().is_some_and(|due| due <= by);
        let ids: Vec<_> = self.watches.iter().filter(|(_, watch)| due(watch)).map(|(id, _)| *id).collect();
        let mut trouble = None;
        for id in ids {
            if self.stop.requested() {
                return Err(ConvergeError::Stopping);
            }
            let ended = self.look(id).await;
            if let Err(error) = self.go_on(id, ended, &mut trouble) {
                // The others would meet the same.
                let now = self.clock.now();
                self.watches.values_mut().filter(|watch| due(watch)).for_each(|watch| watch.postpone(now));
                return Err(error);
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    async fn look(&mut self, id: DeploymentId) -> Result<(), ConvergeError> {
        let Some(item) = self.watches.get(&id).map(|watch| watch.item.clone()) else { return Ok(()) };
        if self.state.record(id).is_none_or(|record| record.generation != item.generation) {
            // It was overtaken: another agent is further, and the control plane will say so.
            self.watches.remove(&id);
            return Ok(());
        }
        let ending = self.put(&item).await?;
        self.finish(&item, ending, Occasion::Check).await?;
        if let Err(error) = self.deliver(id).await {
            if error.is_unauthorized() {
                return Err(error);
            }
            tracing::warn!(deployment = %id, %error, "could not report; it is tried again");
        }
        Ok(())
    }
}
