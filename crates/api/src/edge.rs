//! What all endpoints share.

pub mod body;
pub mod call;
pub mod code;
pub mod crud;
pub mod deployments;
pub mod document;
pub mod etag;
pub mod id;
pub mod idempotency;
pub mod problem;
pub mod query;
pub mod reason;
pub mod request;
pub mod schema;
pub mod view;
