//! The condition `Drifted`: whether something was changed by hand and is left so.

use switchtower_domain::deployment::{ConditionStatus, ObjectOutcome};

use crate::port::{Finding, ObjectResult};

/// The condition. What was put right is told with its object, and is no drift any more.
pub(super) fn finding(results: &[ObjectResult]) -> Finding {
    let left: Vec<_> = results.iter().filter(|result| result.outcome == ObjectOutcome::Drifted).collect();
    let finding =
        |status, reason: &str, message| Finding { kind: "Drifted", status, reason: reason.to_owned(), message };
    match left.first() {
        Some(first) => {
            let why = first.message.as_deref().unwrap_or_default();
            let message = format!("{} objects were changed by hand and are left so; {}: {why}", left.len(), first.key);
            finding(ConditionStatus::True, "ChangedByHand", message)
        }
        None => finding(ConditionStatus::False, "AsPublished", "Everything is as it was published.".to_owned()),
    }
}
