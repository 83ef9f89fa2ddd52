//! What operators do: clusters, registration tokens, agents, and deployments by cluster.

pub mod agents;
pub mod clusters;
pub mod deployments;
pub mod registration_tokens;
