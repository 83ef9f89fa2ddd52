//! What to do about a deployment, by what is known and what is desired.

use switchtower_domain::deployment::Desired;
use switchtower_protocol::desired::DesiredItem;

use super::{ConvergeError, Effort};
use crate::state::Record;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// All is well.
    Nothing,
    /// It is in place; the control plane does not know yet.
    Deliver,
    /// Put it in place.
    Apply,
}

pub(super) fn decide(record: Option<&Record>, item: &DesiredItem, effort: Effort) -> Result<Decision, ConvergeError> {
    let Some(record) = record else {
        let nothing = item.desired == Desired::Absent && item.settled;
        return Ok(if nothing { Decision::Nothing } else { Decision::Apply });
    };
    if item.generation < record.generation {
        let (answered, known) = (item.generation, record.generation);
        return Err(ConvergeError::Older { id: item.deployment_id, answered, known });
    }
    let ended = item.generation == record.generation && record.outcome.is_some();
    if !ended {
        return Ok(Decision::Apply);
    }
    let idle = item.desired == Desired::Absent && record.inventory.is_empty();
    Ok(match (effort, record.pending().is_some()) {
        (Effort::Full, _) if !idle => Decision::Apply,
        (_, true) => Decision::Deliver,
        // The control plane lost the report, or it was another agent's: make a new one.
        (_, false) if !item.settled => Decision::Apply,
        (_, false) => Decision::Nothing,
    })
}

/// Whether an item of a listing is worth fetching.
pub(super) fn differs(record: Option<&Record>, item: &DesiredItem, effort: Effort) -> bool {
    !matches!(decide(record, item, effort), Ok(Decision::Nothing))
}
