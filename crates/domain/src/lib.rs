//! The words and rules of Switchtower, free of I/O.
//!
//! Everything here is a value or a function of values: no clock, no randomness, no AWS, no HTTP.
//! The other crates load values, ask this crate what may become of them, and keep the answer.
//!
//! ```text
//!   Input --parse--> Resource<K> --transition--> Change<K> = (before, after, events)
//!                                                   |
//!   Caller --authorize(operation)--> Granted -------+--> the store commits both, or neither
//! ```
//!
//! * [`id`]: one identifier type per kind, `clu_01j…`; an id of one kind never passes for another.
//! * [`resource`]: the envelope every resource shares, and the [`Kind`](resource::Kind) trait that a new kind implements.
//! * [`change`]: a new state together with its events, as one value that cannot be taken apart.
//! * [`operation`] and [`access`]: the table of operations and permissions, the roles, and the proof
//!   ([`Granted`](access::Granted)) that a commit asks for.
//! * One module per kind: [`tenant`], [`api_key`], [`cluster`], [`registration_token`], [`agent`], [`api_service`],
//!   [`policy`], [`gateway`], [`product`], [`plan`], [`product_publish`], [`deployment`],
//!   [`rollout`], [`subscription`].
//! * [`traffic`] and [`hostname`]: what several kinds say in the same words.
//! * [`usage`]: how much traffic there was.
//!
//! A worked example: putting a cluster into maintenance.
//!
//! ```
//! # use switchtower_domain::{cluster::*, change::Stamp, actor::Actor, id::*, resource::*};
//! # fn run(cluster: Resource<Cluster>, stamp: Stamp) -> Result<(), Box<dyn std::error::Error>> {
//! let change = cluster.maintenance(&stamp)?; // refused unless `active`, `inactive` or `pending`
//! assert_eq!(change.events()[0].kind, "cluster.maintenance_started");
//! # Ok(()) }
//! ```

pub mod access;
pub mod actor;
pub mod agent;
pub mod api_key;
pub mod api_service;
pub mod change;
pub mod cluster;
pub mod context;
pub mod credential;
pub mod deployment;
pub mod event;
pub mod field;
pub mod gateway;
pub mod hostname;
pub mod id;
pub mod name;
pub mod operation;
pub mod plan;
pub mod policy;
pub mod product;
pub mod product_publish;
pub mod registration_token;
pub mod resource;
pub mod role;
pub mod rollout;
pub mod subscription;
pub mod tenant;
pub mod traffic;
pub mod usage;
