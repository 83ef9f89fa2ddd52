//! What the agent remembers of one deployment.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use switchtower_domain::deployment::{Condition, Desired, Generation, ObjectOutcome, Outcome};
use switchtower_protocol::report::Report;

use crate::port::{ObjectKey, ObjectResult};

/// One deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The newest generation that was begun. INVARIANT: never shrinks.
    pub generation: Generation,
    /// What that generation wants.
    pub desired: Desired,
    /// SHA-256 of its snapshot.
    pub digest: Option<String>,
    /// Everything that may be in place, of this generation or of earlier ones.
    pub inventory: BTreeSet<ObjectKey>,
    /// How it ended; absent while it has not.
    pub outcome: Option<Outcome>,
    /// The conditions as last found.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// SHA-256 of the manifests that were last put in place, or tried to be.
    #[serde(default)]
    pub rendering: Option<String>,
    /// Whether all of them were in place once.
    #[serde(default)]
    pub established: bool,
    /// The last report on that generation.
    pub report: Option<Report>,
    /// Whether it was accepted.
    pub accepted: bool,
}

impl Record {
    /// A deployment of which nothing is known.
    pub(super) const fn unknown() -> Self {
        Self {
            generation: Generation(0),
            desired: Desired::Present,
            digest: None,
            inventory: BTreeSet::new(),
            outcome: None,
            conditions: Vec::new(),
            rendering: None,
            established: false,
            report: None,
            accepted: false,
        }
    }

    /// Whether it was removed, nothing is left, and the control plane knows.
    pub fn is_over(&self) -> bool {
        let removed = self.desired == Desired::Absent && self.outcome == Some(Outcome::Applied);
        removed && self.inventory.is_empty() && self.pending().is_none()
    }

    /// The report that was not accepted yet.
    pub fn pending(&self) -> Option<&Report> {
        self.report.as_ref().filter(|_| !self.accepted)
    }

    /// Another generation, of which nothing is known yet.
    pub(super) fn renew(&mut self, generation: Generation) {
        self.generation = generation;
        self.outcome = None;
        self.conditions = Vec::new();
        self.rendering = None;
        self.established = false;
        self.report = None;
        self.accepted = false;
    }

    /// What must go when these keys are all that is wanted.
    pub fn surplus(&self, wanted: &BTreeSet<ObjectKey>) -> BTreeSet<ObjectKey> {
        self.inventory.difference(wanted).cloned().collect()
    }

    /// Forgets the objects that are gone.
    pub fn forget_deleted(&mut self, results: &[ObjectResult]) {
        for result in results.iter().filter(|result| result.outcome == ObjectOutcome::Deleted) {
            self.inventory.remove(&result.key);
        }
    }
}
