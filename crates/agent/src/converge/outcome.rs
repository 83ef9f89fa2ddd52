//! What a report says about the results of an apply.

use jiff::Timestamp;
use switchtower_domain::deployment::{
    Condition, ConditionStatus, DeploymentId, Desired, Generation, ObjectOutcome, ObjectStatus, Outcome,
};
use switchtower_protocol::report::Report;

use crate::port::{Failure, ObjectResult};

/// The most objects in a report.
const MAX_OBJECTS: usize = 2000;
/// The most characters of a message.
const MAX_MESSAGE: usize = 1000;
/// The most characters of a field or a name.
const MAX_FIELD: usize = 253;
/// The most characters of a kind or a namespace.
const MAX_WORD: usize = 63;

/// How a generation ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ending {
    /// In a word.
    pub(super) outcome: Outcome,
    /// Why, in a word.
    pub(super) reason: &'static str,
    /// Why, in a sentence.
    pub(super) message: String,
    /// By object.
    pub(super) objects: Vec<ObjectStatus>,
}

impl Ending {
    /// Nothing was tried, since the snapshot cannot be made into objects.
    pub(super) fn unplanned(failures: Vec<Failure>) -> Self {
        let first = failures.first().map(|first| format!("{} {}: {}", first.kind, first.name, first.message));
        let message = match (first, failures.len()) {
            (Some(first), 1) => first,
            (first, count) => format!("{count} things are wrong; {}", first.unwrap_or_default()),
        };
        let objects = failures.into_iter().map(|Failure { kind, name, field, message }| ObjectStatus {
            kind,
            namespace: None,
            name,
            outcome: ObjectOutcome::Failed,
            field,
            message: Some(message),
        });
        Self { outcome: Outcome::Failed, reason: "InvalidSnapshot", message, objects: objects.collect() }
    }

    /// Nothing was tried, since the target cannot be used.
    pub(super) fn unusable(message: String) -> Self {
        Self { outcome: Outcome::Failed, reason: "TargetUnusable", message, objects: Vec::new() }
    }

    /// All objects were tried.
    pub(super) fn of(desired: Desired, results: Vec<ObjectResult>) -> Self {
        let total = results.len();
        let failed: Vec<_> = results.iter().filter(|result| result.outcome == ObjectOutcome::Failed).collect();
        let (outcome, reason, message) = match (failed.first(), desired) {
            (None, Desired::Present) => {
                let gone = results.iter().filter(|result| result.outcome == ObjectOutcome::Deleted).count();
                (Outcome::Applied, "Applied", format!("All {} objects are in place.", total - gone))
            }
            (None, Desired::Absent) => (Outcome::Applied, "Removed", "Nothing is left.".to_owned()),
            (Some(first), _) => {
                let outcome = if failed.len() == total { Outcome::Failed } else { Outcome::Partial };
                let why = first.message.as_deref().unwrap_or_default();
                (outcome, "ObjectsFailed", format!("{} of {total} objects failed; {}: {why}", failed.len(), first.key))
            }
        };
        let objects = results.into_iter().map(ObjectResult::into_status).collect();
        Self { outcome, reason, message, objects }
    }

    /// Whether something had changed behind the agent's back.
    pub(super) fn drifted(&self) -> bool {
        use ObjectOutcome::{Created, Deleted, Updated};
        self.objects.iter().any(|object| matches!(object.outcome, Created | Updated | Deleted))
    }

    /// The condition that sums it up; its time is that of the earlier one while nothing changes.
    pub(super) fn condition(&self, generation: Generation, before: Option<&Condition>, now: Timestamp) -> Condition {
        let status = match self.outcome {
            Outcome::Applied => ConditionStatus::True,
            Outcome::Partial | Outcome::Failed => ConditionStatus::False,
            Outcome::Applying => ConditionStatus::Unknown,
        };
        let since = before.filter(|before| before.status == status).map_or(now, |before| before.last_transition_time);
        Condition {
            kind: "Applied".to_owned(),
            status,
            reason: self.reason.to_owned(),
            message: cut(self.message.clone(), MAX_MESSAGE),
            observed_generation: generation,
            last_transition_time: since,
        }
    }

    /// The report, within the bounds of the contract; failed objects are never the ones left out.
    pub(super) fn report(mut self, deployment_id: DeploymentId, condition: Condition) -> Report {
        self.objects.sort_by_key(|object| object.outcome);
        self.objects.truncate(MAX_OBJECTS);
        let objects = self.objects.into_iter().map(bounded).collect();
        let (generation, outcome) = (condition.observed_generation, self.outcome);
        Report { deployment_id, generation, outcome, objects, conditions: vec![condition] }
    }
}

/// The report that an apply begins.
pub(super) fn beginning(deployment_id: DeploymentId, generation: Generation) -> Report {
    let (objects, conditions) = (Vec::new(), Vec::new());
    Report { deployment_id, generation, outcome: Outcome::Applying, objects, conditions }
}

fn bounded(object: ObjectStatus) -> ObjectStatus {
    ObjectStatus {
        kind: cut(object.kind, MAX_WORD),
        namespace: object.namespace.map(|namespace| cut(namespace, MAX_WORD)),
        name: cut(object.name, MAX_FIELD),
        field: object.field.map(|field| cut(field, MAX_FIELD)),
        message: object.message.map(|message| cut(message, MAX_MESSAGE)),
        outcome: object.outcome,
    }
}

/// The text, cut to so many characters.
fn cut(mut text: String, most: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
    }
    text
}
