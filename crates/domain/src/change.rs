//! A new state together with its events.

use jiff::Timestamp;

use crate::{
    actor::Actor,
    event::EventDraft,
    resource::{Kind, Resource},
};

/// Who makes a change, and when: the clock is an argument.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The time of the change.
    pub now: Timestamp,
    /// Its author.
    pub actor: Actor,
}

/// What becomes of one resource, with the events that tell of it.
///
/// INVARIANT: the two cannot be taken apart; only a commit consumes a change, and it writes both.
#[derive(Debug, Clone)]
pub struct Change<K: Kind> {
    before: Option<Resource<K>>,
    after: Option<Resource<K>>,
    events: Vec<EventDraft>,
}

impl<K: Kind> Change<K> {
    /// A resource that did not exist.
    pub fn created(after: Resource<K>, event: EventDraft) -> Self {
        Self { before: None, after: Some(after), events: vec![event] }
    }

    /// A resource that becomes another state of itself.
    pub(crate) fn updated(before: Resource<K>, after: Resource<K>, event: EventDraft) -> Self {
        Self { before: Some(before), after: Some(after), events: vec![event] }
    }

    /// A resource that ends.
    pub fn deleted(before: Resource<K>, event: EventDraft) -> Self {
        Self { before: Some(before), after: None, events: vec![event] }
    }

    /// The state that the change starts from; absent for a creation.
    pub fn before(&self) -> Option<&Resource<K>> {
        self.before.as_ref()
    }

    /// The state that the change leads to; absent for a deletion.
    pub fn after(&self) -> Option<&Resource<K>> {
        self.after.as_ref()
    }

    /// The events of the change.
    pub fn events(&self) -> &[EventDraft] {
        &self.events
    }

    /// The resource that the change is about.
    pub fn subject(&self) -> Option<&Resource<K>> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// The change with another state to lead to.
    #[must_use]
    pub(crate) fn with_after(self, edit: impl FnOnce(Resource<K>) -> Resource<K>) -> Self {
        Self { after: self.after.map(edit), ..self }
    }

    /// Adds a further event about the same resource.
    #[must_use]
    pub fn and(mut self, event: EventDraft) -> Self {
        self.events.push(event);
        self
    }
}

/// A transition that the present state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {verb} a {kind} that is `{state}`; it must be {allowed}")]
pub struct WrongState {
    /// The kind of resource.
    pub kind: &'static str,
    /// What was asked for, an infinitive.
    pub verb: &'static str,
    /// The present state.
    pub state: String,
    /// The states from which it is allowed, in words.
    pub allowed: &'static str,
}
