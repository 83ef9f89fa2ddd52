//! `/v1/admin`

mod api_keys;
mod events;
mod tenants;
