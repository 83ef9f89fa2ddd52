//! What providers do.

pub mod gateways;
pub mod products;
