//! The agent: makes a cluster what the control plane desires, and tells what became of it.
//!
//! It dials out only. Four things run side by side:
//!
//! ```text
//!   poll       SQS long poll --messages--+
//!   heartbeat  every few seconds --desired_version--+--> worker: the one place that applies and reports
//!   timer      full resync --------------+
//!   measure    log of requests --counts--> control plane
//! ```
//!
//! * [`converge`]: what to do, free of I/O; [`port`]: what it asks of the world.
//! * [`state`]: what survives a crash.
//! * [`usage`]: how much traffic there was.
//! * [`api`], [`sqs`], [`driver`]: the world.
//! * [`identity`] and [`register`]: who the agent is.
//! * [`run`], [`cli`], [`http`], [`metrics`], [`log`]: the program around it.

pub mod api;
pub mod backoff;
pub mod cli;
pub mod clock;
pub mod converge;
pub mod driver;
pub mod http;
pub mod identity;
pub mod log;
pub mod metrics;
pub mod port;
pub mod register;
pub mod run;
pub mod sqs;
pub mod standing;
pub mod state;
pub mod stop;
pub mod usage;
