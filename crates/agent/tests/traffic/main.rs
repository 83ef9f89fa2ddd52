//! Real requests through a real nginx, which the real driver configures. `scripts/test traffic` says where nginx is.

mod balance;
mod keys;
mod life;
mod matching;
mod names;
mod shaping;
mod support;
mod tls;
mod usage;
