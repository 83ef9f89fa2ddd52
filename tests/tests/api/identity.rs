//! Who is calling, and what they may do.

mod agents;
mod api_keys;
mod claims;
mod permissions;
mod tenancy;
mod tokens;
