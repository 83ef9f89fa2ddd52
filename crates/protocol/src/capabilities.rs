//! What an agent can do where it is, and what stands in its way.

pub use switchtower_domain::cluster::capabilities::*;
