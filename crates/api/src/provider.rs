//! Providers' endpoints.

pub mod api_services;
pub mod deployments;
pub mod gateways;
pub mod products;
