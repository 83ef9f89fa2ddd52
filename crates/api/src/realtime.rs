//! The live feed: tickets over HTTP, frames over WebSocket.

pub mod socket;
pub mod tickets;
