//! Use cases: load, decide, commit, once each.
//!
//! A use case is a method of [`Control`] that is named as its operation is. It authorizes and keeps the proof, loads what the
//! decision needs, calls the pure transition of the domain, and commits the change with the proof:
//!
//! ```text
//!   Call (who, when, where) --+
//!   input ---------------------+--> load --> authorize --> decide (domain) --> commit (store) --> resource
//!   Control (table, ports) ---+                                                   |
//!                                                                                 +--> doorbell, best effort
//! ```
//!
//! [`resource`] holds what all kinds share: create, get, list, replace, patch, delete and actions. A kind's own file holds only
//! what is its own. Everything outside the table is a [`port`](ports): declared here, implemented where the AWS clients are.

pub mod admin;
pub mod agent;
pub mod call;
pub mod customer;
pub mod error;
pub mod fleet;
pub mod operator;
pub mod outbox;
pub mod ports;
pub mod provider;
pub mod provisioner;
pub mod realtime;
pub mod resource;

use switchtower_store::Store;

pub use self::{call::Call, error::Error};

/// What use cases work with.
#[derive(Clone)]
pub struct Control {
    /// The table.
    pub store: Store,
    /// Seconds between agents' heartbeats.
    pub heartbeat_seconds: u32,
    /// The audience of agents' tokens.
    pub audience: String,
    /// The issuer of users' tokens.
    pub issuer: String,
}
