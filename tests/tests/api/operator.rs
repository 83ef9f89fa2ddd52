//! `/v1/operator`

mod agents;
mod clusters;
mod deployments;
