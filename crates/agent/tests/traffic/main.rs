//! Real requests through a real nginx, which the real driver configures. `scripts/test traffic` says where nginx is.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a gateway or an upstream that cannot be had fails the test"
)]

mod balance;
mod clients;
mod grpc;
mod keys;
mod life;
mod matching;
mod names;
mod shaping;
mod support;
mod tls;
mod usage;
