//! The wire contract between the control plane and its agents.
//!
//! ```text
//!   agent                                   control plane
//!   POST /v1/agent/registrations   ------>  one-time token, public key         (registration)
//!   POST /v1/agent/queue-credentials ---->  STS credentials of one queue       (queue)
//!   SQS ReceiveMessage             <------  Doorbell: "look at dep_…"          (doorbell)
//!   GET  /v1/agent/deployments/{id} ----->  DesiredState with its Snapshot     (desired)
//!   POST /v1/agent/reports         ------>  what became of a generation        (report)
//!   POST /v1/agent/heartbeats      ------>  "I am here"; answer: desired_version (heartbeat),
//!                                           and now and then what it can do     (capabilities)
//!   POST /v1/agent/usage           ------>  how much traffic went through       (usage)
//!   GET  /v1/agent/deployments     ------>  all that is desired, after a missed doorbell
//! ```
//!
//! Every type refuses unknown fields where the control plane reads, and ignores them where an agent reads, so that an
//! older agent understands a newer control plane.

pub mod capabilities;
pub mod desired;
pub mod doorbell;
pub mod heartbeat;
pub mod queue;
pub mod registration;
pub mod report;
pub mod snapshot;
pub mod usage;
