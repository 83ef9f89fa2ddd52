//! The condition `Drifted`: whether something was changed by hand.

use switchtower_domain::deployment::{ConditionStatus, ObjectOutcome};

use crate::port::{Finding, ObjectKey, ObjectResult};

/// Whether something was changed by hand, and what was done about it.
pub(super) fn finding(results: &[ObjectResult], corrected: &[ObjectKey]) -> Finding {
    let left: Vec<_> = results.iter().filter(|result| result.outcome == ObjectOutcome::Drifted).collect();
    let finding =
        |status, reason: &str, message| Finding { kind: "Drifted", status, reason: reason.to_owned(), message };
    match (left.first(), corrected.first()) {
        (Some(first), _) => {
            let why = first.message.as_deref().unwrap_or_default();
            let message = format!("{} objects were changed by hand and are left so; {}: {why}", left.len(), first.key);
            finding(ConditionStatus::True, "ChangedByHand", message)
        }
        (None, Some(first)) => {
            let message =
                format!("{} objects had been changed by hand and are put right, {first} among them.", corrected.len());
            finding(ConditionStatus::False, "Corrected", message)
        }
        (None, None) => finding(ConditionStatus::False, "AsPublished", "Nothing was changed by hand.".to_owned()),
    }
}
