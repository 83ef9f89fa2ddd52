//! `/v1/provider`

mod api_services;
mod gateways;
mod product_publishes;
mod products;
