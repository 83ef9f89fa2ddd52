//! What becomes of objects, and what others made of them meanwhile.

use std::collections::BTreeSet;

use switchtower_domain::{
    deployment::{ConditionStatus, ObjectOutcome},
    product_publish::DriftPolicy,
};

use super::files::Deployment;
use crate::port::{Finding, Object, ObjectKey, ObjectResult, Order, Placed};

/// What an order makes of what was there, should it come into force.
pub(super) fn results(order: &Order, before: Option<&Deployment>) -> Vec<ObjectResult> {
    let put = order.objects.iter().map(|object| {
        let (outcome, by_hand) = match before.and_then(|before| before.text(&object.key.name)) {
            None => (ObjectOutcome::Created, "It was deleted by hand."),
            Some(text) if object.manifest.as_str() == Some(&text) => (ObjectOutcome::Unchanged, ""),
            Some(_) => (ObjectOutcome::Updated, "It was changed by hand."),
        };
        let done = ObjectResult::done(object.key.clone(), outcome);
        if order.established && outcome != ObjectOutcome::Unchanged { done.saying(by_hand) } else { done }
    });
    let kept: BTreeSet<&ObjectKey> = order.objects.iter().map(|object: &Object| &object.key).collect();
    let gone = order.delete.iter().filter(|key| !kept.contains(key));
    put.chain(gone.map(|key| ObjectResult::done(key.clone(), ObjectOutcome::Deleted))).collect()
}

/// What is said of changes by hand that are to be left alone; `None` when there are none.
pub(super) fn left(order: &Order, results: &[ObjectResult]) -> Option<Placed> {
    if !order.established || order.drift != DriftPolicy::Alert {
        return None;
    }
    let changed = |result: &&ObjectResult| result.outcome != ObjectOutcome::Unchanged;
    let first = results.iter().find(changed)?;
    let message =
        format!("{} of {} files differ, {} first.", results.iter().filter(changed).count(), results.len(), first.key);
    let finding =
        Finding { kind: "Drifted", status: ConditionStatus::True, reason: "ChangedByHand".to_owned(), message };
    let drifted = |result: &ObjectResult| match result.outcome {
        ObjectOutcome::Unchanged => result.clone(),
        _ => ObjectResult { outcome: ObjectOutcome::Drifted, ..result.clone() },
    };
    Some(Placed { results: results.iter().map(drifted).collect(), findings: vec![finding] })
}
