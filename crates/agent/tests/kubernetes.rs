//! The driver `kubernetes` against a stand-in for an API server, over HTTP.
//!
//! The stand-in ([`server`], [`http`], [`objects`]) keeps `managedFields` and answers conflicts, dry runs, stale versions, missing kinds and
//! refusals in the words of a real API server; a controller in it ([`gateway`]) accepts, refuses or keeps silent.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a stand-in that cannot do its part fails the test")]

#[path = "kubernetes/agent.rs"]
mod agent;
#[path = "kubernetes/apply.rs"]
mod apply;
#[path = "kubernetes/drift.rs"]
mod drift;
#[path = "kubernetes/gateway.rs"]
mod gateway;
#[path = "kubernetes/http.rs"]
mod http;
#[path = "kubernetes/neighbours.rs"]
mod neighbours;
#[path = "kubernetes/objects.rs"]
mod objects;
#[path = "kubernetes/prune.rs"]
mod prune;
#[path = "kubernetes/run.rs"]
mod run;
#[path = "kubernetes/server.rs"]
mod server;
#[path = "kubernetes/status.rs"]
mod status;
#[path = "kubernetes/survey.rs"]
mod survey;
