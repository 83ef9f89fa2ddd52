//! What went through in some stretch of time.

use serde::Serialize;
use utoipa::ToSchema;

use super::{DurationEstimates, Durations, Requests};

/// Everything that is counted, added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests, and what became of them.
    pub requests: Requests,
    /// How long they took.
    pub durations: Durations,
    /// How many bytes were sent to clients.
    pub bytes_sent: u64,
}

impl Totals {
    /// Adds those of another time or place.
    pub fn add(&mut self, other: &Self) {
        self.requests = self.requests.plus(other.requests);
        self.durations.add(&other.durations);
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
    }
}

/// Totals as people read them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = UsageFigures)]
pub struct Figures {
    /// How many requests there were.
    pub requests: u64,
    /// How many of them were answered 4xx.
    pub client_errors: u64,
    /// How many of them were answered 5xx.
    pub server_errors: u64,
    /// The share of requests that were answered 4xx or 5xx: 0 to 1, and 0 without requests.
    pub error_rate: f64,
    /// How many bytes were sent to clients.
    pub bytes_sent: u64,
    /// How long requests took.
    pub durations: DurationEstimates,
}

impl From<&Totals> for Figures {
    fn from(totals: &Totals) -> Self {
        let Requests { requests, client_errors, server_errors } = totals.requests;
        let error_rate = share(client_errors.saturating_add(server_errors), requests);
        let durations = DurationEstimates::of(&totals.durations);
        Self { requests, client_errors, server_errors, error_rate, bytes_sent: totals.bytes_sent, durations }
    }
}

/// A part of a whole, from 0 to 1; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more digits than a float has")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part.min(whole) as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_errors_and_no_durations() {
        let figures = Figures::from(&Totals::default());
        assert_eq!((figures.requests, figures.error_rate, figures.durations.p50_ms), (0, 0.0, None));
    }

    #[test]
    fn the_error_rate_is_of_both_kinds_of_errors() {
        let requests = Requests { requests: 8, client_errors: 1, server_errors: 1 };
        let figures = Figures::from(&Totals { requests, ..Totals::default() });
        assert_eq!(figures.error_rate, 0.25);
    }
}
