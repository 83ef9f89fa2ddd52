//! Percentiles of durations that were counted in classes.

use serde::Serialize;
use utoipa::ToSchema;

use super::{DURATION_BOUNDS_MS, Durations};

/// How long requests took, estimated from classes: exact to the class, and inside it as if its requests were spread evenly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct DurationEstimates {
    /// Half of the requests took no longer, in milliseconds; null without requests. 10000 stands for that or more.
    pub p50_ms: Option<u64>,
    /// 95 of 100 requests took no longer, in milliseconds; null without requests. 10000 stands for that or more.
    pub p95_ms: Option<u64>,
    /// 99 of 100 requests took no longer, in milliseconds; null without requests. 10000 stands for that or more.
    pub p99_ms: Option<u64>,
}

impl DurationEstimates {
    /// The estimates for what was counted.
    pub fn of(durations: &Durations) -> Self {
        let at = |percent| percentile(durations, percent);
        Self { p50_ms: at(50), p95_ms: at(95), p99_ms: at(99) }
    }
}

/// The duration that `percent` of 100 requests do not exceed.
fn percentile(durations: &Durations, percent: u128) -> Option<u64> {
    let counts = durations.0.map(u128::from);
    let all: u128 = counts.iter().sum();
    if all == 0 {
        return None;
    }
    let rank = (all * percent).div_ceil(100).max(1);
    let mut before = 0;
    let mut lower = 0;
    for (count, upper) in counts.into_iter().zip(DURATION_BOUNDS_MS) {
        if before + count >= rank {
            let into = (u128::from(upper - lower) * (rank - before)).div_ceil(count);
            return u64::try_from(into).ok().map(|into| lower + into);
        }
        before += count;
        lower = upper;
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(milliseconds: &[u64]) -> DurationEstimates {
        let mut durations = Durations::default();
        milliseconds.iter().for_each(|one| durations.count(*one));
        DurationEstimates::of(&durations)
    }

    #[test]
    fn a_percentile_lies_in_the_class_of_its_request() {
        let estimates = of(&[3, 3, 3, 3, 3, 3, 3, 3, 3, 700]);
        assert_eq!((estimates.p50_ms, estimates.p95_ms), (Some(3), Some(1_000)));
    }

    #[test]
    fn what_is_above_all_classes_is_told_as_the_highest_bound() {
        assert_eq!(of(&[60_000]).p50_ms, Some(10_000));
    }

    proptest! {
        #[test]
        fn estimates_are_in_order_and_in_the_class_of_the_true_percentile(
            mut took in prop::collection::vec(0_u64..20_000, 1..200),
        ) {
            let estimates = of(&took);
            took.sort_unstable();
            let told = [(50, estimates.p50_ms), (95, estimates.p95_ms), (99, estimates.p99_ms)];
            prop_assert!(told[0].1 <= told[1].1 && told[1].1 <= told[2].1);
            for (percent, estimate) in told {
                let truth = took[(took.len() * percent).div_ceil(100) - 1];
                let class = DURATION_BOUNDS_MS.iter().position(|bound| truth <= *bound);
                let (lower, upper) = match class {
                    Some(0) => (0, DURATION_BOUNDS_MS[0]),
                    Some(class) => (DURATION_BOUNDS_MS[class - 1], DURATION_BOUNDS_MS[class]),
                    None => (10_000, 10_000),
                };
                let estimate = estimate.unwrap();
                prop_assert!(lower <= estimate && estimate <= upper, "{estimate} for {truth}");
            }
        }

        #[test]
        fn no_number_is_too_large(counts in prop::array::uniform12(0_u64..)) {
            let estimates = DurationEstimates::of(&Durations(counts));
            prop_assert!(estimates.p99_ms.is_none_or(|one| one <= 10_000));
        }
    }
}
