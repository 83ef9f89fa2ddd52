//! Convergence: making the cluster what the control plane desires, one deployment at a time.
//!
//! ```text
//!   doorbell ----> deployment(id) --fetch--> decide --+--> nothing
//!   heartbeat ---> sync: list, then each that differs +--> deliver the report that was not accepted
//!   timer -------> sync, every one                    +--> apply: plan, begin, put in place, finish, deliver
//!   clock -------> check: what waits for its gateway, and what may have been changed by hand
//! ```
//!
//! A deployment whose gateway has not answered yet is looked at again by the clock, so that it keeps no other waiting.
//!
//! INVARIANT: whatever is dropped, repeated, reordered or cut off by a crash, an older generation never replaces a newer
//! one. A doorbell is done with only when the control plane knows how its deployment ended, or that it waits for its gateway;
//! the version stays behind until that has an end, so that no crash makes it forgotten.

mod apply;
mod check;
mod decide;
mod outcome;
mod patience;
mod sync;

use std::{collections::BTreeMap, sync::Arc};

use switchtower_domain::deployment::{DeploymentId, Generation};

use crate::{
    metrics::Metrics,
    port::{ApiError, Clock, ControlPlane, Driver, DriverError, Fetched, StateStore, StoreError},
    state::State,
    stop::Stop,
};

pub use self::patience::Patience;
use self::{
    decide::{Decision, decide},
    patience::Watch,
};

/// How often a deployment that changes while it is applied is taken up again before others have their turn.
const ROUNDS: usize = 4;

/// How thoroughly to converge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// What is known to differ.
    Changes,
    /// Everything: also what changed behind the agent's back, and what failed before.
    Full,
}

/// What became of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Its newest generation was dealt with, and the control plane knows how it ended.
    Converged,
    /// It is not, or no more, this cluster's.
    Gone,
}

/// Why a deployment could not be dealt with now.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConvergeError {
    /// The control plane did not do its part.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The state could not be kept, so nothing was touched.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The driver did not do its part.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The control plane answered with an older generation than is known.
    #[error("the control plane answered generation {} of `{id}`, and {} is known", .answered.0, .known.0)]
    Older {
        /// The deployment.
        id: DeploymentId,
        /// The generation in the answer.
        answered: Generation,
        /// The generation that is known.
        known: Generation,
    },
    /// It kept changing.
    #[error("`{0}` changes faster than it can be applied")]
    Restless(DeploymentId),
    /// The agent is about to stop.
    #[error("the agent is stopping")]
    Stopping,
}

impl ConvergeError {
    /// Whether the agent itself is refused.
    pub const fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Api(error) if error.is_unauthorized())
    }

    /// Whether other deployments would meet the same error.
    const fn concerns_all(&self) -> bool {
        match self {
            Self::Api(error) => !error.answered() || error.is_unauthorized(),
            Self::Store(_) | Self::Stopping => true,
            Self::Driver(error) => matches!(error, DriverError::Unreachable(_)),
            Self::Older { .. } | Self::Restless(_) => false,
        }
    }
}

/// What an agent converges with.
pub struct Converger<C, D, S, K> {
    /// The control plane.
    pub control: C,
    /// What puts objects in place.
    pub driver: D,
    /// What keeps the state.
    pub store: S,
    /// What tells the time.
    pub clock: K,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether to stop before the next deployment.
    pub stop: Stop,
    /// How long to wait for what.
    pub patience: Patience,
    state: State,
    watches: BTreeMap<DeploymentId, Watch>,
}

impl<C: ControlPlane, D: Driver, S: StateStore, K: Clock> Converger<C, D, S, K> {
    /// An agent that goes on from a state.
    pub fn new(ports: (C, D, S, K), metrics: Arc<Metrics>, stop: Stop, state: State) -> Self {
        let (control, driver, store, clock) = ports;
        metrics.show(&state);
        let (patience, watches) = (Patience::default(), BTreeMap::new());
        Self { control, driver, store, clock, metrics, stop, patience, state, watches }
    }

    /// The state.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Takes in what the driver says is in place: at the start, and from then on with each full resync.
    pub async fn adopt(&mut self) -> Result<(), ConvergeError> {
        let owned = self.driver.owned().await?;
        self.state.adopt(owned);
        self.save().await
    }

    /// Converges on one deployment, as a doorbell asks for.
    pub async fn deployment(&mut self, id: DeploymentId, effort: Effort) -> Result<Settled, ConvergeError> {
        for _ in 0..ROUNDS {
            if self.stop.requested() {
                return Err(ConvergeError::Stopping);
            }
            let Some(fetched) = self.control.deployment(id).await? else { return Ok(Settled::Gone) };
            if self.round(fetched, effort).await? == Round::Done {
                return Ok(Settled::Converged);
            }
        }
        Err(ConvergeError::Restless(id))
    }

    async fn round(&mut self, fetched: Fetched, effort: Effort) -> Result<Round, ConvergeError> {
        match decide(self.state.record(fetched.item.deployment_id), &fetched.item, effort)? {
            Decision::Nothing => Ok(Round::Done),
            Decision::Deliver => self.deliver(fetched.item.deployment_id).await,
            Decision::Apply => self.apply(fetched).await,
        }
    }

    async fn save(&self) -> Result<(), ConvergeError> {
        self.metrics.show(&self.state);
        Ok(self.store.save(&self.state).await?)
    }
}

/// How a round with a deployment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// There is nothing more to do.
    Done,
    /// A newer generation is desired by now.
    Outdated,
}
