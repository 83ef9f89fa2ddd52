//! What becomes of objects, and what others made of them meanwhile.

use std::collections::BTreeSet;

use switchtower_domain::{deployment::ObjectOutcome, product_publish::DriftPolicy};

use super::{super::drift, files::Deployment};
use crate::port::{Object, ObjectKey, ObjectResult, Order, Placed};

/// Whether changes by hand are told and left.
pub(super) fn leaves(order: &Order) -> bool {
    order.established && order.drift == DriftPolicy::Alert
}

/// What an order makes of what was there, should it come into force.
pub(super) fn results(order: &Order, before: Option<&Deployment>) -> Placed {
    let mut results: Vec<ObjectResult> = Vec::new();
    for object in order.objects.iter() {
        let outcome = outcome(object, before);
        results.push(if outcome == ObjectOutcome::Unchanged || !order.established {
            ObjectResult::done(object.key.clone(), outcome)
        } else if leaves(order) {
            ObjectResult::done(object.key.clone(), ObjectOutcome::Drifted).saying("It was changed or removed by hand.")
        } else {
            let said = "It was changed or removed by hand, and is as published again.";
            ObjectResult::done(object.key.clone(), outcome).saying(said)
        });
    }
    let findings = (!order.objects.is_empty()).then(|| drift::finding(&results));
    let kept: BTreeSet<&ObjectKey> = order.objects.iter().map(|object| &object.key).collect();
    let gone = order.delete.iter().filter(|key| !kept.contains(key));
    results.extend(gone.map(|key| ObjectResult::done(key.clone(), ObjectOutcome::Deleted)));
    Placed { results, findings: findings.into_iter().collect() }
}

fn outcome(object: &Object, before: Option<&Deployment>) -> ObjectOutcome {
    match before.and_then(|before| before.text(&object.key.name)) {
        None => ObjectOutcome::Created,
        Some(text) if object.manifest.as_str() == Some(&text) => ObjectOutcome::Unchanged,
        Some(_) => ObjectOutcome::Updated,
    }
}
