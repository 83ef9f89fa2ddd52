//! The drivers: ways to put objects in place.

pub mod directory;
mod drift;
mod kind;
pub mod kubernetes;
pub mod nginx;
mod plan;
