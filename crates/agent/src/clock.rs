//! The machine's own clock and chance.

use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use jiff::Timestamp;

use crate::port::Clock;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn fraction(&self) -> f64 {
        let mut bytes = [0_u8; 4];
        // Without chance, agents only return at the same time.
        _ = SystemRandom::new().fill(&mut bytes);
        f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}
