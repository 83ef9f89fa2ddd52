//! Where the agent's state outlives it.

use std::future::Future;

use crate::state::State;

/// What keeps the state.
pub trait StateStore: Send + Sync {
    /// Keeps a state; when this returns, it survives a crash of the machine.
    fn save(&self, state: &State) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Why the state could not be kept or read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);
