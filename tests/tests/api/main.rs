//! The API against the emulator's DynamoDB: a tree like that of the URLs, and beside it what holds for all of them.

mod admin;
mod agent;
mod bodies;
mod budget;
mod customer;
mod idempotency;
mod identity;
mod isolation;
mod lists;
mod migration;
mod operator;
mod paths;
mod provider;
mod public;
mod revisions;
