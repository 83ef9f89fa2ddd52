//! The drivers: ways to put objects in place.

pub mod directory;
mod drift;
mod kind;
pub mod kubernetes;
mod plan;
