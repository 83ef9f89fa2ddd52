//! `/v1/customer`

mod offers;
mod subscriptions;
