//! The drivers: ways to put objects in place.

pub mod directory;
mod kind;
mod plan;
