//! What providers do.

pub mod api_services;
pub mod gateways;
pub mod products;
