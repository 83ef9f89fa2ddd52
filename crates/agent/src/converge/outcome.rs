//! What a report says about the results of an apply.

use std::collections::BTreeSet;

use jiff::Timestamp;
use switchtower_domain::deployment::{
    Condition, ConditionStatus, DeploymentId, Desired, Generation, ObjectOutcome, ObjectStatus, Outcome,
};
use switchtower_protocol::report::Report;

use super::patience::Mood;
use crate::port::{Answer, Failure, Finding, ObjectResult, Placed};

/// The most objects in a report.
const MAX_OBJECTS: usize = 2000;
/// The most conditions in a report.
const MAX_CONDITIONS: usize = 16;
/// The most characters of a message.
const MAX_MESSAGE: usize = 1000;
/// The most characters of a field or a name.
const MAX_FIELD: usize = 253;
/// The most characters of a kind or a namespace.
const MAX_WORD: usize = 63;

/// How a generation ended, or how far it has come.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ending {
    /// In a word.
    pub(super) outcome: Outcome,
    /// Why, in a sentence.
    pub(super) message: String,
    /// By object.
    pub(super) objects: Vec<ObjectStatus>,
    /// What holds, `Applied` first.
    findings: Vec<Finding>,
}

impl Ending {
    fn new(outcome: Outcome, applied: ConditionStatus, reason: &str, message: String) -> Self {
        let first = Finding { kind: "Applied", status: applied, reason: reason.to_owned(), message: message.clone() };
        Self { outcome, message, objects: Vec::new(), findings: vec![first] }
    }

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
        let ending = Self::new(Outcome::Failed, ConditionStatus::False, "InvalidSnapshot", message);
        Self { objects: objects.collect(), ..ending }
    }

    /// Nothing was tried, since the target cannot be used.
    pub(super) fn unusable(message: String) -> Self {
        Self::new(Outcome::Failed, ConditionStatus::False, "TargetUnusable", message)
    }

    /// Nobody knows yet, since the target does not answer.
    pub(super) fn unreachable(message: String) -> Self {
        Self::new(Outcome::Applying, ConditionStatus::Unknown, "TargetUnreachable", message)
    }

    /// All objects were tried; `mood` says how long what is not answered, or refused, may still change.
    pub(super) fn of(desired: Desired, placed: Placed, mood: Mood) -> Self {
        let Placed { mut results, findings } = placed;
        let (reason, applied, message) = put_in_place(desired, &results);
        if mood != Mood::Hopeful {
            results.iter_mut().filter(|result| result.answer == Answer::Refused).for_each(refuse);
        }
        if let Mood::Disappointed(seconds) = mood {
            results
                .iter_mut()
                .filter(|result| result.answer == Answer::Awaited)
                .for_each(|result| give_up(result, seconds));
        }
        let count = |wanted: ObjectOutcome| results.iter().filter(|result| result.outcome == wanted).count();
        let (failed, drifted) = (count(ObjectOutcome::Failed), count(ObjectOutcome::Drifted));
        let unsettled = results.iter().any(|result| result.answer != Answer::Settled);
        let outcome = match (failed, drifted) {
            (0, 0) if !unsettled => Outcome::Applied,
            (0, 0) if matches!(mood, Mood::Disappointed(_)) => Outcome::Partial,
            (0, 0) => Outcome::Applying,
            (failed, _) if failed == results.len() => Outcome::Failed,
            _ => Outcome::Partial,
        };
        let mut ending = Self::new(outcome, applied, reason, message);
        ending.findings.extend(findings);
        if let Some(worst) =
            ending.findings.iter().skip(1).find(|finding| outcome != Outcome::Applied && is_bad(finding))
        {
            ending.message = format!("{} {}: {}", ending.message, worst.kind, worst.message);
        }
        ending.objects = results.into_iter().map(ObjectResult::into_status).collect();
        ending
    }

    /// Whether there is anything to say of objects that an earlier report does not: something was done, or is wrong.
    pub(super) fn differs(&self, earlier: &Report) -> bool {
        use ObjectOutcome::{Created, Deleted, Updated};
        let done = self.objects.iter().any(|object| matches!(object.outcome, Created | Updated | Deleted));
        done || self.outcome != earlier.outcome || wrong(&self.objects) != wrong(&earlier.objects)
    }

    /// The conditions that sum it up; the time of each is that of the earlier one while its status stays.
    pub(super) fn conditions(&self, generation: Generation, before: &[Condition], now: Timestamp) -> Vec<Condition> {
        let condition = |finding: &Finding| {
            let same = |earlier: &&Condition| earlier.kind == finding.kind && earlier.status == finding.status;
            Condition {
                kind: finding.kind.to_owned(),
                status: finding.status,
                reason: cut(finding.reason.clone(), MAX_WORD),
                message: cut(finding.message.clone(), MAX_MESSAGE),
                observed_generation: generation,
                last_transition_time: before.iter().find(same).map_or(now, |earlier| earlier.last_transition_time),
            }
        };
        self.findings.iter().take(MAX_CONDITIONS).map(condition).collect()
    }

    /// The report, within the bounds of the contract; failed objects are never the ones left out.
    pub(super) fn report(
        mut self,
        deployment_id: DeploymentId,
        generation: Generation,
        conditions: Vec<Condition>,
    ) -> Report {
        self.objects.sort_by_key(|object| object.outcome);
        self.objects.truncate(MAX_OBJECTS);
        let objects = self.objects.into_iter().map(bounded).collect();
        Report { deployment_id, generation, outcome: self.outcome, objects, conditions }
    }
}

/// How far objects are in place, whatever is said of them.
fn put_in_place(desired: Desired, results: &[ObjectResult]) -> (&'static str, ConditionStatus, String) {
    let total = results.len();
    let failed: Vec<_> = results.iter().filter(|result| result.outcome == ObjectOutcome::Failed).collect();
    match (failed.first(), desired) {
        (None, Desired::Present) => {
            let gone = results.iter().filter(|result| result.outcome == ObjectOutcome::Deleted).count();
            ("Applied", ConditionStatus::True, format!("All {} objects are in place.", total - gone))
        }
        (None, Desired::Absent) => ("Removed", ConditionStatus::True, "Nothing is left.".to_owned()),
        (Some(first), _) => {
            let why = first.message.as_deref().unwrap_or_default();
            let message = format!("{} of {total} objects failed; {}: {why}", failed.len(), first.key);
            ("ObjectsFailed", ConditionStatus::False, message)
        }
    }
}

/// An object that its gateway refuses has failed, however well it was put in place.
fn refuse(result: &mut ObjectResult) {
    result.outcome = ObjectOutcome::Failed;
}

fn give_up(result: &mut ObjectResult, seconds: u64) {
    let so_far = result.message.take().map(|message| format!(" {message}")).unwrap_or_default();
    let message = format!(
        "It is in place, and its gateway has not taken it up in {seconds} seconds; see whether the gateway's controller runs.{so_far}"
    );
    result.message = Some(message);
}

/// What is wrong, in no order.
fn wrong(objects: &[ObjectStatus]) -> BTreeSet<(&str, &str, Option<&str>)> {
    let wrong =
        objects.iter().filter(|object| matches!(object.outcome, ObjectOutcome::Failed | ObjectOutcome::Drifted));
    wrong.map(|object| (object.kind.as_str(), object.name.as_str(), object.field.as_deref())).collect()
}

/// `Drifted` is bad when it holds, all others when they do not.
fn is_bad(finding: &Finding) -> bool {
    match finding.kind {
        "Drifted" => finding.status == ConditionStatus::True,
        _ => finding.status != ConditionStatus::True,
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
