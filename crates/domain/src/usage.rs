//! Usage: how much a deployment's traffic was, counted where it went through.
//!
//! An agent counts in slots of five minutes and tells of whole hours, over and over, until they are past: each telling takes
//! the place of the one before. So a telling that is lost, or comes twice or late, changes no number.
//!
//! What was told is added up by step of a [`Window`], over agents, runs and deployments:
//!
//! ```text
//!   12:00 ──┬── agent 1, run A ──┐
//!           └── agent 1, run B ──┼──▶ Series: one Totals for each step, zero where nothing was told
//!   13:00 ───── agent 2, run C ──┘
//! ```

mod clients;
mod durations;
mod measuring;
mod series;
mod totals;
mod window;

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type},
};

pub use self::{
    clients::{Clients, Consumer},
    durations::DurationEstimates,
    measuring::{NotMeasured, why_not_measured},
    series::{Series, Step},
    totals::{Figures, Totals},
    window::{Asked, FINE_DAYS, MAX_DAYS, Range, StepSize, Window, is_whole_hour},
};

/// How many minutes a slot has.
pub const SLOT_MINUTES: u8 = 5;

/// How many slots an hour has.
pub const SLOTS: usize = 12;

/// Upper bounds of the classes that durations are counted in, in milliseconds; one more class is above them all.
pub const DURATION_BOUNDS_MS: [u64; 11] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// How many classes durations are counted in.
const CLASSES: usize = DURATION_BOUNDS_MS.len() + 1;

/// The largest number that JSON carries everywhere.
const MAX_NUMBER: i64 = 9_007_199_254_740_991;

/// The most clients that an hour is told of by name: those with the most requests.
pub const MAX_CLIENTS: usize = 50;

/// Requests, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Requests {
    /// How many there were.
    #[schema(maximum = 9_007_199_254_740_991_i64)]
    pub requests: u64,
    /// How many of them were answered 4xx.
    #[schema(maximum = 9_007_199_254_740_991_i64)]
    pub client_errors: u64,
    /// How many of them were answered 5xx.
    #[schema(maximum = 9_007_199_254_740_991_i64)]
    pub server_errors: u64,
}

impl Requests {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            client_errors: self.client_errors.saturating_add(other.client_errors),
            server_errors: self.server_errors.saturating_add(other.server_errors),
        }
    }
}

/// How long requests took: how many in each class of [`DURATION_BOUNDS_MS`], and in the one above.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Durations(pub [u64; CLASSES]);

impl PartialSchema for Durations {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(MAX_NUMBER));
        let description = "How many requests took at most 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000 and 10000 ms, each \
                           counted once where it fits first; the last number is of those that took longer.";
        let numbers = ArrayBuilder::new().items(number).min_items(Some(CLASSES)).max_items(Some(CLASSES));
        numbers.description(Some(description)).into()
    }
}

impl ToSchema for Durations {}

impl Durations {
    /// Counts a request.
    pub fn count(&mut self, milliseconds: u64) {
        let class =
            DURATION_BOUNDS_MS.iter().position(|bound| milliseconds <= *bound).unwrap_or(DURATION_BOUNDS_MS.len());
        if let Some(number) = self.0.get_mut(class) {
            *number = number.saturating_add(1);
        }
    }

    /// Adds those of another time or place.
    pub fn add(&mut self, other: &Self) {
        for (number, more) in self.0.iter_mut().zip(other.0) {
            *number = number.saturating_add(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_first_class_that_holds_it() {
        let mut durations = Durations::default();
        for milliseconds in [0, 5, 6, 10_000, 10_001] {
            durations.count(milliseconds);
        }
        assert_eq!(durations.0, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    }
}
