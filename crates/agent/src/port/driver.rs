//! What puts objects in place.

use std::{collections::BTreeSet, fmt, future::Future, sync::Arc};

use serde::{Deserialize, Serialize};
use switchtower_domain::{
    deployment::{ConditionStatus, DeploymentId, Generation, ObjectOutcome, ObjectStatus},
    product_publish::DriftPolicy,
};
use switchtower_protocol::{capabilities::Capabilities, snapshot::Snapshot};

use super::TrafficLog;

/// A way to put objects in place.
pub trait Driver: Send + Sync {
    /// Its name, such as `directory`.
    fn name(&self) -> &'static str;

    /// The objects that a snapshot consists of, or everything that is wrong with it.
    fn plan(&self, snapshot: &Snapshot) -> Result<Vec<Object>, Vec<Failure>>;

    /// What is in place of this cluster's, as far as the driver itself can tell.
    fn owned(&self) -> impl Future<Output = Result<Vec<Owned>, DriverError>> + Send;

    /// Puts objects in place, and deletes others once all of them are. One bad object does not block its siblings. What is
    /// in place already costs little, so the same order may be given again to learn what has become of it.
    ///
    /// INVARIANT: refuses a generation that is older than one that it knows to be in place.
    fn apply(&self, order: &Order) -> impl Future<Output = Result<Placed, DriverError>> + Send;

    /// Looks around: what can be served here, and what stands in the way.
    fn survey(&self) -> impl Future<Output = Capabilities> + Send;

    /// The log of the requests that it serves, where there is one to count. Who has one says so in the survey (`usage`).
    fn traffic(&self) -> Option<Arc<dyn TrafficLog>> {
        None
    }
}

/// What identifies an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    /// Its API, such as `gateway.networking.k8s.io/v1`.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// An object to put in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Which.
    pub key: ObjectKey,
    /// All of it.
    pub manifest: serde_json::Value,
}

impl Object {
    /// SHA-256 of the manifest, in hexadecimal: the same for the same manifest, whoever rendered it.
    pub fn digest(&self) -> String {
        let mut sorted = self.manifest.clone();
        sorted.sort_all_objects();
        sha256(sorted.to_string().as_bytes())
    }
}

/// SHA-256, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What to do for a deployment.
#[derive(Debug, Clone)]
pub struct Order {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The generation that it is done for.
    pub generation: Generation,
    /// What to do about what others changed since it was put in place.
    pub drift: DriftPolicy,
    /// Whether these very objects were all in place before: what is missing was taken away by others.
    pub established: bool,
    /// What must be in place, in this order.
    pub objects: Arc<[Object]>,
    /// What must go, unless one of the objects failed: what still serves is not taken away for what does not yet.
    pub delete: BTreeSet<ObjectKey>,
}

/// What is in place of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The newest generation that was begun.
    pub generation: Generation,
    /// Its objects.
    pub objects: BTreeSet<ObjectKey>,
}

/// What is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The object's kind, or `Snapshot` when it is none in particular.
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// The field.
    pub field: Option<String>,
    /// A sentence.
    pub message: String,
}

/// What became of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placed {
    /// By object.
    pub results: Vec<ObjectResult>,
    /// What those who serve the objects say of them together.
    pub findings: Vec<Finding>,
}

impl From<Vec<ObjectResult>> for Placed {
    fn from(results: Vec<ObjectResult>) -> Self {
        Self { results, findings: Vec::new() }
    }
}

/// A condition that a driver found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about, such as `Accepted`.
    pub kind: &'static str,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// A word for why.
    pub reason: String,
    /// A sentence for why.
    pub message: String,
}

/// What the one who serves an object says of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Answer {
    /// It is taken up, or is nothing that anybody answers for.
    #[default]
    Settled,
    /// Nothing yet, or nothing about it as it is now.
    Awaited,
    /// It is refused; the result's message says why.
    Refused,
}

/// What happened to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectResult {
    /// Which.
    pub key: ObjectKey,
    /// What.
    pub outcome: ObjectOutcome,
    /// The field that is wrong, or was.
    pub field: Option<String>,
    /// A sentence, when there is something to say.
    pub message: Option<String>,
    /// What the one who serves it says.
    pub answer: Answer,
}

impl ObjectResult {
    /// An object that is as it should be.
    pub const fn done(key: ObjectKey, outcome: ObjectOutcome) -> Self {
        Self { key, outcome, field: None, message: None, answer: Answer::Settled }
    }

    /// An object that is not.
    pub const fn failed(key: ObjectKey, message: String) -> Self {
        Self { key, outcome: ObjectOutcome::Failed, field: None, message: Some(message), answer: Answer::Settled }
    }

    /// The same about a field.
    #[must_use]
    pub fn at(self, field: Option<String>) -> Self {
        Self { field, ..self }
    }

    /// The same with a sentence.
    #[must_use]
    pub fn saying(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }

    /// The result as it is reported.
    pub fn into_status(self) -> ObjectStatus {
        let ObjectKey { kind, namespace, name, .. } = self.key;
        ObjectStatus { kind, namespace, name, outcome: self.outcome, field: self.field, message: self.message }
    }
}

/// Why nothing was put in place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// A newer generation is in place, put there by another agent or before the state was lost.
    #[error("generation {} is in place already", .0.0)]
    Superseded(Generation),
    /// The target cannot be used at all.
    #[error("{0}")]
    Unusable(String),
    /// The target does not answer now; what is in place there is not known.
    #[error("{0}")]
    Unreachable(String),
}
