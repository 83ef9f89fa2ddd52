//! What administrators do: tenants, API keys and the audit log.

pub mod api_keys;
pub mod events;
pub mod tenants;
