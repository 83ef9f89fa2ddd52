//! Everyone's endpoints.

pub mod info;
pub mod me;
