//! What an agent says about a generation, and what that makes of the deployment.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Deployment, DeploymentStatus, Desired, Generation};
use crate::{
    change::{Change, Stamp},
    event::EventDraft,
    resource::Resource,
};

/// The most objects that a deployment's row keeps.
const KEPT_OBJECTS: usize = 100;
/// The most bytes of text that these objects have together: a row has its limit.
const KEPT_BYTES: usize = 64 * 1024;

/// How far an agent came with a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has begun.
    Applying,
    /// Every object is in place, or gone when nothing is desired.
    Applied,
    /// Some objects are in place, others failed.
    Partial,
    /// Nothing of the generation is in place.
    Failed,
}

/// What happened to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectOutcome {
    /// It could not be applied, or its gateway refused it; `message` says why.
    Failed,
    /// It was changed by hand and left so; `field` and `message` say what is different.
    Drifted,
    /// It is new.
    Created,
    /// It changed.
    Updated,
    /// It was as desired.
    Unchanged,
    /// It is gone.
    Deleted,
}

/// One object in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectStatus {
    /// Its kind, such as `HTTPRoute`.
    #[schema(max_length = 63)]
    pub kind: String,
    /// Its namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 63)]
    pub namespace: Option<String>,
    /// Its name.
    #[schema(max_length = 253)]
    pub name: String,
    /// What happened to it.
    pub outcome: ObjectOutcome,
    /// The field that is wrong, when one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 253)]
    pub field: Option<String>,
    /// A sentence, when there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub message: Option<String>,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be told.
    Unknown,
}

/// A condition as Kubernetes has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What it is about, such as `Applied`.
    #[serde(rename = "type")]
    #[schema(max_length = 63)]
    pub kind: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// A word for why.
    #[schema(max_length = 63)]
    pub reason: String,
    /// A sentence for why.
    #[schema(max_length = 1000)]
    pub message: String,
    /// The generation that it is about.
    pub observed_generation: Generation,
    /// When it last changed.
    pub last_transition_time: Timestamp,
}

/// What an agent says about one generation of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportBody {
    /// The generation.
    pub generation: Generation,
    /// How far the agent came.
    pub outcome: Outcome,
    /// The objects of the generation.
    #[serde(default)]
    #[schema(max_items = 2000, required = false)]
    pub objects: Vec<ObjectStatus>,
    /// The conditions of the deployment.
    #[serde(default)]
    #[schema(max_items = 16, required = false)]
    pub conditions: Vec<Condition>,
}

impl Resource<Deployment> {
    /// What a report makes of the deployment. `None` when it is about another generation, or says nothing new.
    pub fn reported(self, report: ReportBody, stamp: &Stamp) -> Option<Change<Deployment>> {
        if report.generation != self.body.generation {
            return None;
        }
        if self.body.abandoned_at.is_some() && report.outcome != Outcome::Applied {
            // It counts as removed. The agent goes on trying, and its success is what is still to be told.
            return None;
        }
        let status = status_after(self.body.desired, report.outcome);
        if report.outcome == Outcome::Applying {
            // A late "I have begun" does not undo what is known since, be it an end or how far it has come.
            let known = !report.conditions.is_empty();
            match self.body.status {
                DeploymentStatus::Pending | DeploymentStatus::Removing => {}
                DeploymentStatus::Applying if known => {}
                _ => return None,
            }
        }
        let count = u32::try_from(report.objects.len()).unwrap_or(u32::MAX);
        let objects = kept(report.objects);
        let body = Deployment {
            status,
            observed_generation: Some(report.generation),
            conditions: report.conditions,
            objects,
            object_count: count,
            reported_at: Some(stamp.now),
            stale: false,
            last_seen_at: None,
            abandoned_at: None,
            ..self.body.clone()
        };
        let news = Deployment { reported_at: self.body.reported_at, ..body.clone() };
        if news == self.body {
            return None;
        }
        let event = EventDraft::new(event_of(status))
            .with(serde_json::json!({ "generation": body.generation, "status": status, "objects": count }))
            .about(body.cluster_id);
        Some(self.become_body(body, stamp, event))
    }
}

/// The objects that the row keeps: failed ones first, as many as fit.
fn kept(mut objects: Vec<ObjectStatus>) -> Vec<ObjectStatus> {
    objects.sort_by_key(|object| object.outcome);
    let mut bytes = 0;
    let fits = |object: &ObjectStatus| {
        let texts = [Some(&object.kind), object.namespace.as_ref(), Some(&object.name)];
        let texts = texts.into_iter().chain([object.field.as_ref(), object.message.as_ref()]).flatten();
        bytes += texts.map(String::len).sum::<usize>();
        bytes <= KEPT_BYTES
    };
    objects.into_iter().take(KEPT_OBJECTS).take_while(fits).collect()
}

const fn status_after(desired: Desired, outcome: Outcome) -> DeploymentStatus {
    match (desired, outcome) {
        (Desired::Present, Outcome::Applying) => DeploymentStatus::Applying,
        (Desired::Present, Outcome::Applied) => DeploymentStatus::Ready,
        (Desired::Present, Outcome::Partial) => DeploymentStatus::Degraded,
        (Desired::Absent, Outcome::Applying) => DeploymentStatus::Removing,
        (Desired::Absent, Outcome::Applied) => DeploymentStatus::Removed,
        (Desired::Absent, Outcome::Partial) | (_, Outcome::Failed) => DeploymentStatus::Failed,
    }
}

const fn event_of(status: DeploymentStatus) -> &'static str {
    match status {
        DeploymentStatus::Pending | DeploymentStatus::Removing | DeploymentStatus::Applying => "deployment.applying",
        DeploymentStatus::Ready => "deployment.ready",
        DeploymentStatus::Degraded => "deployment.degraded",
        DeploymentStatus::Failed => "deployment.failed",
        DeploymentStatus::Removed => "deployment.removed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{actor::Actor, deployment::DeploymentId, tenant::TenantId};

    fn stamp() -> Stamp {
        Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::System("test".into()) }
    }

    fn deployment() -> Resource<Deployment> {
        let change = Resource::first(
            DeploymentId::nil(),
            TenantId::nil(),
            "orders".parse().unwrap(),
            (crate::id::Id::nil(), crate::id::Id::nil()),
            "digest".into(),
            &stamp(),
        );
        change.after().unwrap().clone()
    }

    fn report(generation: u64, outcome: Outcome) -> ReportBody {
        ReportBody { generation: Generation(generation), outcome, objects: vec![], conditions: vec![] }
    }

    fn after(change: Option<Change<Deployment>>) -> Resource<Deployment> {
        change.unwrap().after().unwrap().clone()
    }

    fn object(outcome: ObjectOutcome, message: &str) -> ObjectStatus {
        let (kind, name) = ("HTTPRoute".into(), "orders".into());
        ObjectStatus { kind, namespace: None, name, outcome, field: None, message: Some(message.into()) }
    }

    #[test]
    fn of_many_objects_the_failed_ones_are_kept_and_all_are_counted() {
        let mut objects = vec![object(ObjectOutcome::Created, ""); 500];
        objects.push(object(ObjectOutcome::Failed, "the field is wrong"));
        let ready = after(deployment().reported(ReportBody { objects, ..report(1, Outcome::Partial) }, &stamp()));
        assert_eq!((ready.body.objects.len(), ready.body.object_count), (KEPT_OBJECTS, 501));
        assert_eq!(ready.body.objects[0].outcome, ObjectOutcome::Failed);
    }

    #[test]
    fn long_messages_do_not_outgrow_a_row() {
        let objects = vec![object(ObjectOutcome::Failed, &"ä".repeat(1000)); 100];
        let failed = after(deployment().reported(ReportBody { objects, ..report(1, Outcome::Failed) }, &stamp()));
        assert!(serde_json::to_vec(&failed).unwrap().len() < 2 * KEPT_BYTES);
    }

    #[test]
    fn only_an_end_of_the_desired_generation_settles() {
        let applying = after(deployment().reported(report(1, Outcome::Applying), &stamp()));
        assert!(!applying.body.is_settled());
        let ready = after(applying.reported(report(1, Outcome::Applied), &stamp()));
        assert!(ready.body.is_settled());
        assert!(!after(Some(ready.desire(Some("other".into()), &stamp()))).body.is_settled());
    }

    #[test]
    fn only_a_report_on_the_desired_generation_makes_it_ready() {
        let second = after(Some(deployment().desire(Some("other".into()), &stamp())));
        assert!(second.clone().reported(report(1, Outcome::Applied), &stamp()).is_none());
        let ready = after(second.reported(report(2, Outcome::Applied), &stamp()));
        assert_eq!(ready.body.status, DeploymentStatus::Ready);
    }

    #[test]
    fn a_report_heard_twice_changes_nothing() {
        let ready = after(deployment().reported(report(1, Outcome::Applied), &stamp()));
        assert!(ready.reported(report(1, Outcome::Applied), &stamp()).is_none());
    }

    #[test]
    fn a_late_beginning_does_not_undo_an_end() {
        let ready = after(deployment().reported(report(1, Outcome::Applied), &stamp()));
        assert!(ready.reported(report(1, Outcome::Applying), &stamp()).is_none());
    }

    #[test]
    fn while_it_applies_the_conditions_are_kept_current() {
        let waiting = |message: &str| Condition {
            kind: "Accepted".into(),
            status: ConditionStatus::Unknown,
            reason: "Pending".into(),
            message: message.into(),
            observed_generation: Generation(1),
            last_transition_time: Timestamp::UNIX_EPOCH,
        };
        let waits = |message: &str| ReportBody { conditions: vec![waiting(message)], ..report(1, Outcome::Applying) };
        let applying = after(deployment().reported(report(1, Outcome::Applying), &stamp()));
        let first = after(applying.reported(waits("2 of 3"), &stamp()));
        let second = after(first.reported(waits("1 of 3"), &stamp()));
        assert_eq!(second.body.conditions, [waiting("1 of 3")]);
        assert!(second.clone().reported(report(1, Outcome::Applying), &stamp()).is_none(), "a late beginning undid it");
        let ready = after(second.reported(report(1, Outcome::Applied), &stamp()));
        assert!(ready.reported(waits("1 of 3"), &stamp()).is_none());
    }

    #[test]
    fn what_is_withdrawn_ends_as_removed() {
        let removing = after(Some(deployment().desire(None, &stamp())));
        assert_eq!(removing.body.status, DeploymentStatus::Removing);
        let removed = after(removing.reported(report(2, Outcome::Applied), &stamp()));
        assert_eq!(removed.body.status, DeploymentStatus::Removed);
    }
}
