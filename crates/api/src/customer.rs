//! Customers' endpoints.

pub mod offers;
pub mod subscriptions;
