//! What the tests of the store and of the API have in common.
//!
//! A [`World`] is a control plane of its own: the real routers, use cases, store and authentication over a fresh table in the
//! emulator's DynamoDB. Only what cannot be had is made up: the identity provider ([`idp`]), and what is behind the ports
//! ([`fake`]).
//!
//! ```text
//!   world.tenant("acme") --> a tenant        world.user("ann") --> tokens of the identity provider
//!                                  \          /
//!                            Client: get, post, …  --> Answer: ok(200), problem(409, "name_taken")
//! ```
//!
//! Every call of DynamoDB is counted ([`calls`]), so that a test can hold a request to its budget.

pub mod account;
pub mod agent;
pub mod answer;
pub mod calls;
pub mod catalogue;
pub mod client;
pub mod clock;
pub mod emulator;
pub mod estate;
pub mod fake;
pub mod idp;
pub mod table;
pub mod world;

pub use self::{account::Account, answer::Answer, client::Client, estate::Estate, world::World};
