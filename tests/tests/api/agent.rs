//! `/v1/agent`

mod deployments;
mod heartbeats;
mod queue_credentials;
mod registrations;
mod reports;
mod usage;
