//! Random bits of the operating system.

use switchtower_domain::context::Entropy;

/// The system's source.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl Entropy for System {
    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // INVARIANT: a function without randomness must not go on; the kernel's source does not fail once it is seeded.
        if aws_lc_rs::rand::fill(&mut bytes).is_err() {
            std::process::abort();
        }
        bytes
    }
}
