//! Weights, as `split_clients` takes them: shares in steps of a hundredth of a percent.

use switchtower_domain::api_service::BackendRef;

/// A whole, in steps.
const WHOLE: u64 = 10_000;

/// The share of each weight, in steps that add up to a whole; the largest remainders get what is left over.
fn steps(references: &[BackendRef]) -> Vec<u64> {
    let total: u64 = references.iter().map(|reference| u64::from(reference.weight)).sum::<u64>().max(1);
    let exact = |reference: &BackendRef| u64::from(reference.weight) * WHOLE;
    let mut steps: Vec<u64> = references.iter().map(|reference| exact(reference) / total).collect();
    let mut order: Vec<usize> = (0..references.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(references.get(*index).map_or(0, |own| exact(own) % total)));
    let left = WHOLE.saturating_sub(steps.iter().sum());
    for index in order.into_iter().take(usize::try_from(left).unwrap_or_default()) {
        if let Some(step) = steps.get_mut(index) {
            *step += 1;
        }
    }
    steps
}

/// The shares above nothing, as `33.33%`, with the index of what gets them.
pub(super) fn percentages(references: &[BackendRef]) -> Vec<(usize, String)> {
    let share = |step: u64| format!("{}.{:02}%", step / 100, step % 100);
    let steps = steps(references).into_iter().enumerate().filter(|(_, step)| *step > 0);
    steps.map(|(index, step)| (index, share(step))).collect()
}

/// Weights above nothing that would get nothing.
pub(super) fn too_small(references: &[BackendRef]) -> Vec<(usize, u32)> {
    let steps = steps(references);
    let small = |(index, own): (usize, &BackendRef)| {
        (own.weight > 0 && steps.get(index) == Some(&0)).then_some((index, own.weight))
    };
    references.iter().enumerate().filter_map(small).collect()
}

#[cfg(test)]
mod tests {
    use switchtower_domain::{api_service::BackendRef, id::BackendId};

    use super::{percentages, steps, too_small};

    fn references(weights: &[u32]) -> Vec<BackendRef> {
        weights.iter().map(|weight| BackendRef { backend_id: BackendId::nil(), weight: *weight }).collect()
    }

    #[test]
    fn shares_add_up_and_nothing_stays_nothing() {
        assert_eq!(percentages(&references(&[95, 0, 5])), [(0, "95.00%".to_owned()), (2, "5.00%".to_owned())]);
        assert_eq!(steps(&references(&[1, 1, 1])), [3334, 3333, 3333]);
        for weights in [&[1_000_000, 1][..], &[7, 11, 13, 17], &[1]] {
            assert_eq!(steps(&references(weights)).iter().sum::<u64>(), 10_000, "{weights:?}");
        }
    }

    #[test]
    fn a_weight_that_would_vanish_is_told() {
        assert_eq!(too_small(&references(&[1_000_000, 1])), [(1, 1)]);
        assert!(too_small(&references(&[9_999, 1, 0])).is_empty());
    }
}
