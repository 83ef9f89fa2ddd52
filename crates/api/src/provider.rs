//! Providers' endpoints.

pub mod deployments;
pub mod gateways;
pub mod products;
