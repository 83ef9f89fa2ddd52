//! What customers do: they look at offers and subscribe.

pub mod offers;
pub mod subscriptions;
