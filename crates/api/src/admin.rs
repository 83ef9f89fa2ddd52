//! Administrators' endpoints.

pub mod api_keys;
pub mod events;
pub mod tenants;
