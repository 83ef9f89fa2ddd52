//! Waiting longer after every failure, up to a bound, by a random part of it.

use std::time::Duration;

/// The waits after failures in a row.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// Waits from `first` up to `most`.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, failures: 0 }
    }

    /// Something went well.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Something failed: how long to wait, half of it by chance (`fraction`, 0 to 1).
    pub fn next(&mut self, fraction: f64) -> Duration {
        let factor = 2_u32.saturating_pow(self.failures);
        self.failures = self.failures.saturating_add(1);
        let whole = self.first.saturating_mul(factor).min(self.most);
        whole.mul_f64(0.5 + fraction.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_the_bound_and_starts_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let waits: Vec<_> = (0..5).map(|_| backoff.next(1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
        backoff.reset();
        assert_eq!(backoff.next(0.0), Duration::from_millis(500));
    }

    #[test]
    fn it_never_overflows() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let last = (0..100).map(|_| backoff.next(1.0)).last();
        assert_eq!(last, Some(Duration::from_secs(60)));
    }
}
