//! A configuration for nginx.

mod arg;
mod conf;
pub mod host;
mod tree;
