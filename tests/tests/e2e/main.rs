//! What must hold on the deployed stack, with everything that can go wrong on the way.
//!
//! The stack is the one that `scripts/up` deploys, and the agent is the real binary; `scripts/test e2e` sets both up. Each
//! test makes a tenant of its own, so that all of them run side by side. Nothing waits for a fixed time: whatever takes
//! time is looked at until it is as it must be, with a deadline.
//!
//! ```text
//!   test --HTTP--> API Gateway, functions, table, streams, buses, queues     (the emulator, with the real template)
//!     |                      ^                 ^
//!     |                      |                 | SQS
//!     +--starts, kills--> switchtower-agent ---+
//!                            via a gate that can hold reports, be away, or give the agent a deaf queue
//! ```

mod agents;
mod clusters;
mod delivery;
mod identity;
mod large_document;
mod live_feed;
mod outbox;
mod rollout;
mod silence;
mod support;
mod tenancy;
