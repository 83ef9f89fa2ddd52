//! Operators' endpoints.

pub mod agents;
pub mod clusters;
pub mod deployments;
