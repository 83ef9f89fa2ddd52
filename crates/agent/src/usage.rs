//! Usage: how much traffic went through the gateway of this host, counted from its log.
//!
//! ```text
//!   nginx --usage.log--> files --lines--> counter --hours, what changed--> POST /v1/agent/usage
//!                          \--position--.    |
//!                                       usage.log.json: position and counts, written in one step
//! ```
//!
//! Once a minute a round reads what was logged since, counts it by deployment, hour and five minutes, keeps counts and position,
//! and tells the hours that changed. Each telling of an hour takes the place of the one before, so telling it again is harmless.
//!
//! # What a crash costs
//!
//! One of the agent, nothing: neither a request that is not counted, nor one that is counted twice. Counts are kept together with the position in
//! the log up to which they go, and the run goes on under its own id; what is read again is told again in the place of what was
//! told before. Only when `usage.log.json` is lost or cannot be read, a new run begins at the end of the log, and what was not
//! told yet is missing. One of the machine takes what nginx had not written to disk.
//!
//! # Bounds
//!
//! * Memory: 25 hours for each deployment, [`CAPACITY`](clients::CAPACITY) clients in each of them, and one chunk of the log.
//! * Disk: at [`ROTATE_AT`](meter::ROTATE_AT) the log is renamed, nginx opens a new one, and the old one is deleted when it has been
//!   read. While no agent runs, the log grows.
//! * Time: an hour that the control plane did not take for 24 hours is given up.

pub mod clients;
pub mod counter;
pub mod files;
pub mod hour;
pub mod line;
pub mod meter;

pub use self::meter::{Meter, Round};
