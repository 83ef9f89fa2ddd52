//! Agents' endpoints: the control plane's half of the wire contract in `switchtower-protocol`.

pub mod deployments;
pub mod heartbeats;
pub mod queue_credentials;
pub mod registrations;
pub mod reports;
