//! The HTTP edge: one router per persona and resource, the same in a Lambda function, in tests and in the OpenAPI document.
//!
//! ```text
//!   request --> request id, log line --> idempotency key (POST) --> router --> handler --> use case --> view
//!                                                                      |
//!                  extractors: Call (who), Id (which), Body (what), IfMatch (on what revision)
//! ```
//!
//! A handler receives values that extraction has turned into domain types, calls exactly one use case and wraps the result
//! in a view. Everything that is wrong with a request becomes a [`Problem`](edge::problem::Problem) (RFC 9457) with a code of the
//! registry in [`edge::code`]. A body is checked against the very schema that the OpenAPI document shows, so what is documented
//! is what is enforced, and all errors are told at once.
//!
//! The handlers that every kind of resource has are written once, in [`edge::crud`]; a resource's file names them and adds its
//! own actions. [`routes`] is the table of contents.

pub mod admin;
pub mod agent;
pub mod customer;
pub mod edge;
pub mod openapi;
pub mod operator;
pub mod provider;
pub mod public;
pub mod realtime;
pub mod routes;
pub mod state;

pub use self::{
    edge::problem::Problem,
    state::{Api, Authenticated, Authenticator, Named, Scope},
};
