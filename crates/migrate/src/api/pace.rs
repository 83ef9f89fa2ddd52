//! How long to wait before a request is sent again, and how often.

use std::time::Duration;

/// How patient a caller is.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The first wait.
    pub first: Duration,
    /// The longest wait.
    pub most: Duration,
    /// How often a request is sent at most.
    pub tries: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_millis(500), most: Duration::from_secs(30), tries: 8 }
    }
}

impl Pace {
    /// The wait after that many tries, at least as long as the server asked for; `None` when it is enough.
    pub(super) fn wait(&self, tries: u32, asked: Option<Duration>) -> Option<Duration> {
        if tries >= self.tries {
            return None;
        }
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
        Some(doubled.max(asked.unwrap_or_default()).min(self.most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_heed_the_server_and_end() {
        let second = Duration::from_secs(1);
        let pace = Pace { first: second, most: 5 * second, tries: 5 };
        let waits: Vec<_> = (1..=5).map(|tries| pace.wait(tries, None).map(|wait| wait.as_secs())).collect();
        assert_eq!(waits, [Some(1), Some(2), Some(4), Some(5), None]);
        assert_eq!(pace.wait(1, Some(3 * second)), Some(3 * second));
        assert_eq!(pace.wait(1, Some(3600 * second)), Some(5 * second));
    }
}
