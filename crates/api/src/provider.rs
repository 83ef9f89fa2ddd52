//! Providers' endpoints.

pub mod analytics;
pub mod api_services;
pub mod deployments;
pub mod gateways;
pub mod plans;
pub mod policies;
pub mod product_publishes;
pub mod products;
pub mod rollouts;
pub mod subscriptions;
