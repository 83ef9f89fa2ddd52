//! The store against the emulator's DynamoDB.

mod blobs;
mod commit;
mod events;
mod idempotency;
mod keys;
mod liveness;
mod pages;
mod references;
mod rows;
mod support;
mod usage;
