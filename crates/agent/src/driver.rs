//! The drivers: ways to put objects in place.

pub mod directory;
pub mod nginx;
mod plan;
