//! What went through, step by step.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Figures, Totals, Window};

/// Totals for each step of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    window: Window,
    steps: Vec<Totals>,
}

/// A step, as people read it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = UsageStep)]
pub struct Step {
    /// When it begins.
    pub from: Timestamp,
    /// Whether it is over; agents tell within minutes after that.
    pub complete: bool,
    /// What went through.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Series {
    /// Nothing yet.
    pub fn new(window: Window) -> Self {
        Self { window, steps: vec![Totals::default(); window.len()] }
    }

    /// Counts what went through from a time on. What is outside the window does not count.
    ///
    /// The stretch that begins there is no longer than a step, and does not reach into the next one.
    pub fn count(&mut self, time: Timestamp, totals: &Totals) {
        let step = self.window.step_at(time).and_then(|number| self.steps.get_mut(number));
        if let Some(step) = step {
            step.add(totals);
        }
    }

    /// Adds another series of the same window.
    pub fn add(&mut self, other: &Self) {
        for (step, more) in self.steps.iter_mut().zip(&other.steps) {
            step.add(more);
        }
    }

    /// All steps together.
    pub fn total(&self) -> Totals {
        let mut total = Totals::default();
        self.steps.iter().for_each(|step| total.add(step));
        total
    }

    /// The steps in the order of time, those without requests as well.
    pub fn steps(&self, now: Timestamp) -> Vec<Step> {
        let step = |(number, totals): (usize, &Totals)| {
            let (from, to) = self.window.bounds_of(number);
            Step { from, complete: to <= now, figures: Figures::from(totals) }
        };
        self.steps.iter().enumerate().map(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;
    use crate::usage::{Asked, Durations, Range, Requests};

    fn now() -> Timestamp {
        "2026-09-10T12:34:56Z".parse().unwrap()
    }

    fn window(range: Range) -> Window {
        Window::of(Asked { range: Some(range), ..Asked::default() }, now()).unwrap()
    }

    /// One request, so many seconds ago.
    fn request(milliseconds: u64, bytes_sent: u64) -> Totals {
        let mut durations = Durations::default();
        durations.count(milliseconds);
        let server_errors = u64::from(milliseconds.is_multiple_of(7));
        Totals { requests: Requests { requests: 1, client_errors: 0, server_errors }, durations, bytes_sent }
    }

    #[test]
    fn every_step_is_there_and_the_last_one_is_going_on() {
        let mut series = Series::new(window(Range::Hour));
        series.count(now(), &request(1, 1));
        let steps = series.steps(now());
        assert_eq!(
            steps.iter().map(|step| step.figures.requests).collect::<Vec<_>>(),
            [[0; 12].as_slice(), &[1]].concat()
        );
        assert!(steps[..12].iter().all(|step| step.complete) && !steps[12].complete);
    }

    #[test]
    fn what_is_outside_does_not_count() {
        let mut series = Series::new(window(Range::Hour));
        for hours in [-2, 2] {
            series.count(now() + SignedDuration::from_hours(hours), &request(1, 1));
        }
        assert_eq!(series.total(), Totals::default());
    }

    proptest! {
        #[test]
        fn requests_add_up_the_same_whoever_counts_them_in_whatever_order(
            requests in prop::collection::vec((0_i64..86_400, 0_u64..20_000, 0_u64..1_000_000, 0_usize..5), 0..100),
        ) {
            let mut whole = Series::new(window(Range::Day));
            let mut parts = vec![whole.clone(); 5];
            for (ago, milliseconds, bytes, part) in &requests {
                let (at, one) = (now() - SignedDuration::from_secs(*ago), request(*milliseconds, *bytes));
                whole.count(at, &one);
                parts[*part].count(at, &one);
            }
            let mut sum = Series::new(window(Range::Day));
            parts.iter().rev().for_each(|part| sum.add(part));
            prop_assert_eq!(&sum, &whole);
            prop_assert_eq!(whole.total().requests.requests, u64::try_from(requests.len()).unwrap());
        }

        #[test]
        fn a_finer_window_has_the_same_total(
            requests in prop::collection::vec((0_i64..3_000, 0_u64..20_000), 0..50),
        ) {
            let mut series = [Range::Hour, Range::Day, Range::Week, Range::Month].map(|range| Series::new(window(range)));
            for (ago, milliseconds) in requests {
                let at = now() - SignedDuration::from_secs(ago);
                series.iter_mut().for_each(|one| one.count(at, &request(milliseconds, 1)));
            }
            prop_assert!(series.iter().all(|one| one.total() == series[0].total()));
        }
    }
}
