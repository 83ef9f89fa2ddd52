//! Deployments: the truth about one source on one cluster.
//!
//! A deployment's **generation** grows with every new desired state. Its status follows from two things only: which
//! generation is desired, and what an agent reported for that very generation. Where no agent is left to report a removal,
//! an operator may say instead that it is over.
//!
//! ```text
//!   desire(present) -> pending --report--> applying | ready | degraded | failed
//!   desire(absent)  -> removing --report--> removed | failed
//!                     removing | failed --abandon--> removed
//! ```
//!
//! INVARIANT: a report for another generation than the desired one never touches the status (`design` section 12, 3 and 4).

mod abandon;
pub mod report;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    change::{Change, Stamp},
    cluster::ClusterId,
    event::EventDraft,
    id::{Id, resource_id},
    name::{Labels, Name},
    product_publish::ProductPublishId,
    resource::{Home, Kind, Resource},
    tenant::TenantId,
};

pub use self::report::{Condition, ConditionStatus, ObjectOutcome, ObjectStatus, Outcome, ReportBody};

resource_id!(Deployment, DeploymentId, "dep");

/// Counts the desired states of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(maximum = 9_223_372_036_854_775_807_i64)]
pub struct Generation(pub u64);

impl Generation {
    /// The generation of the first desired state.
    pub const FIRST: Self = Self(1);

    /// The generation of the next desired state.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Desired {
    /// The snapshot runs.
    Present,
    /// Nothing of it runs.
    Absent,
}

/// What is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentStatus {
    /// No agent has reported on this generation.
    Pending,
    /// An agent has begun with this generation.
    Applying,
    /// Every object of this generation is in place.
    Ready,
    /// Some objects of this generation are in place, others failed.
    Degraded,
    /// This generation is not in place.
    Failed,
    /// No agent has reported the removal yet.
    Removing,
    /// Nothing is left.
    Removed,
}

/// The deployment of one product publish on one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deployment {
    /// The publish whose desired state it is.
    pub product_publish_id: ProductPublishId,
    /// The cluster.
    pub cluster_id: ClusterId,
    /// The generation that is desired.
    pub generation: Generation,
    /// What is desired.
    pub desired: Desired,
    /// SHA-256 of the desired snapshot, in hexadecimal; absent when nothing is desired.
    pub digest: Option<String>,
    /// What is known about the desired generation.
    pub status: DeploymentStatus,
    /// The newest generation that an agent reported on.
    pub observed_generation: Option<Generation>,
    /// Conditions as of the last report on the desired generation.
    pub conditions: Vec<Condition>,
    /// Objects as of the last report on the desired generation: failed ones first, at most 100.
    pub objects: Vec<ObjectStatus>,
    /// How many objects that report named.
    pub object_count: u32,
    /// When an agent last reported on the desired generation.
    pub reported_at: Option<Timestamp>,
    /// True while the cluster's agents are silent: the status is what was last known.
    pub stale: bool,
    /// When an agent of the cluster was last heard, while stale.
    pub last_seen_at: Option<Timestamp>,
    /// When an operator gave the removal up: no agent has reported it, and something may be left in the cluster.
    #[serde(default)]
    pub abandoned_at: Option<Timestamp>,
}

impl Kind for Deployment {
    const KIND: &'static str = "deployment";
    const UNIQUE_NAME: bool = false;

    fn home(&self) -> Home {
        Home::Cluster(self.cluster_id)
    }

    fn group(&self) -> Option<String> {
        // One listing over all clusters of the tenant; the cluster's own listing is its home.
        Some("all".to_owned())
    }
}

impl Deployment {
    /// Whether a report on the desired generation has been accepted that ends it.
    pub fn is_settled(&self) -> bool {
        let ended = match self.status {
            DeploymentStatus::Ready
            | DeploymentStatus::Degraded
            | DeploymentStatus::Failed
            | DeploymentStatus::Removed => true,
            DeploymentStatus::Pending | DeploymentStatus::Applying | DeploymentStatus::Removing => false,
        };
        ended && self.observed_generation == Some(self.generation) && self.abandoned_at.is_none()
    }
}

impl Resource<Deployment> {
    /// The first desired state of a publish on its cluster.
    pub fn first(
        id: Id<Deployment>,
        tenant_id: TenantId,
        name: Name,
        source: (ProductPublishId, ClusterId),
        digest: String,
        stamp: &Stamp,
    ) -> Change<Deployment> {
        let (product_publish_id, cluster_id) = source;
        let body = Deployment {
            product_publish_id,
            cluster_id,
            generation: Generation::FIRST,
            desired: Desired::Present,
            digest: Some(digest),
            status: DeploymentStatus::Pending,
            observed_generation: None,
            conditions: Vec::new(),
            objects: Vec::new(),
            object_count: 0,
            reported_at: None,
            stale: false,
            last_seen_at: None,
            abandoned_at: None,
        };
        let event = desired_event(&body);
        Change::created(Self::new(id, tenant_id, name, Labels::default(), body, stamp), event)
    }

    /// The next desired state: a snapshot by its digest, or nothing.
    pub fn desire(self, digest: Option<String>, stamp: &Stamp) -> Change<Deployment> {
        let (desired, status) = match digest {
            Some(_) => (Desired::Present, DeploymentStatus::Pending),
            None => (Desired::Absent, DeploymentStatus::Removing),
        };
        let body = Deployment {
            generation: self.body.generation.next(),
            desired,
            digest,
            status,
            conditions: Vec::new(),
            objects: Vec::new(),
            object_count: 0,
            reported_at: None,
            abandoned_at: None,
            ..self.body.clone()
        };
        let event = desired_event(&body);
        self.become_body(body, stamp, event)
    }

    /// Marks the status as what was last known. `None` when it is marked so already, or nothing is deployed.
    pub fn silenced(self, last_seen_at: Option<Timestamp>, stamp: &Stamp) -> Option<Change<Deployment>> {
        (!self.body.stale && self.body.status != DeploymentStatus::Removed).then(|| {
            let cluster = self.body.cluster_id;
            let body = Deployment { stale: true, last_seen_at, ..self.body.clone() };
            self.become_body(body, stamp, EventDraft::new("deployment.stale").about(cluster))
        })
    }

    /// Marks the status as current again. `None` when it is.
    pub fn heard(self, stamp: &Stamp) -> Option<Change<Deployment>> {
        self.body.stale.then(|| {
            let cluster = self.body.cluster_id;
            let body = Deployment { stale: false, last_seen_at: None, ..self.body.clone() };
            self.become_body(body, stamp, EventDraft::new("deployment.current").about(cluster))
        })
    }
}

impl Change<Deployment> {
    /// The change in a cluster whose agents are silent already: its status is nobody's word until one is heard.
    #[must_use]
    pub fn unheard(self, last_seen_at: Option<Timestamp>) -> Self {
        self.with_after(|after| {
            let body = Deployment { stale: true, last_seen_at, ..after.body };
            Resource { body, ..after }
        })
    }
}

fn desired_event(body: &Deployment) -> EventDraft {
    EventDraft::new("deployment.desired")
        .with(serde_json::json!({ "generation": body.generation, "desired": body.desired, "status": body.status }))
        .ringing(body.cluster_id)
}

impl DeploymentStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applying => "applying",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Removing => "removing",
            Self::Removed => "removed",
        }
    }
}
