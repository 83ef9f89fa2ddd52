//! `/v1/provider`

mod analytics;
mod api_services;
mod gateways;
mod plans;
mod policies;
mod product_publishes;
mod products;
mod rollouts;
