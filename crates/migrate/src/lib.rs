//! Takes what providers defined in Imp-Gateway v1 over into a tenant of Switchtower, through the control plane's public API.
//!
//! ```text
//!   JSON file  --+                                           GET: what is there
//!                +--> Export --translate--> Wanted, Lines ----------+--compare--> Steps --apply--> POST, PUT
//!   PostgreSQL --+      ^                                           |                        |
//!                       mapping file                      State: what the last import wrote <+
//! ```
//!
//! * [`export`]: rows, as they are in v1. Of what is not taken over, nothing but ids is kept: keys and tokens are never read.
//! * [`mapping`]: what v1 does not say, and a person must: above all, which cluster.
//! * [`translate`]: what becomes of each row, pure. One line for each row, so that taken and not taken add up to what was read.
//! * [`contract`]: what the API would refuse, found out beforehand with the domain's own types.
//! * [`present`], [`state`], [`compare`]: what is there, what the last import wrote, and so what is to be done; pure but for reading.
//! * [`api`], [`apply`]: doing it, with patience, and noting each write at once.
//! * [`report`], [`cli`]: telling it.
//!
//! Two rules decide what is taken. What narrows (a match of a route, host names, who may call) is taken or its row is not: what answers
//! more than in v1 would be another thing. And nothing is lost in silence: what is left out of a row that is taken has a finding with the
//! field, a sentence, and what to do.
//!
//! A worked example: API service 7 had gateway 3, and publish 9 of its product had none. The service becomes an API service without
//! a gateway; the publish becomes a draft with gateway 3, with a finding that says so, on the cluster that the mapping file gives to its
//! environment. The next import finds all of them by the label `v1-id`, and leaves them as they are.

pub mod api;
pub mod apply;
pub mod cli;
pub mod compare;
pub mod contract;
mod digest;
pub mod export;
mod fields;
pub mod finding;
pub mod mapping;
pub mod present;
pub mod report;
pub mod state;
pub mod translate;
pub mod wanted;
