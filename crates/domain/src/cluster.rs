//! Clusters: where things run.

pub mod capabilities;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    change::{Change, Stamp, WrongState},
    event::EventDraft,
    field::FieldErrors,
    id::resource_id,
    name::{Labels, Name},
    resource::{EditError, Editable, Kind, Resource},
};

pub use self::capabilities::{Capabilities, CapabilityProblem};

resource_id!(Cluster, ClusterId, "clu");

/// Where a cluster is in its life.
///
/// | from | to | when |
/// | --- | --- | --- |
/// | `pending` | `active` | it has a queue, and an agent registered |
/// | `active`, `inactive`, `pending` | `maintenance` | an operator says so |
/// | `maintenance` | `active` or `pending` | an operator says so |
/// | `active` | `inactive` | all its agents are silent |
/// | `inactive` | `active` | an agent is heard again |
/// | any | `deleting` | it is deleted; the provisioner then removes its queue |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClusterStatus {
    /// No queue yet, or no agent yet.
    Pending,
    /// Deployments reach it.
    Active,
    /// No new deployments; what runs stays.
    Maintenance,
    /// Its agents are silent.
    Inactive,
    /// Its queue is being removed.
    Deleting,
}

/// How doorbells reach a cluster: made by the provisioner, absent until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// The event bus that holds the cluster's rule.
    pub bus: String,
    /// The URL of the queue that its agents poll.
    pub queue_url: String,
    /// The ARN of that queue.
    pub queue_arn: String,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cluster {
    /// What it is for.
    pub description: Option<String>,
    /// The region it stands in, as its provider calls it.
    pub region: Option<String>,
    /// Who runs it, such as `aws` or `on-premises`.
    pub cloud_provider: Option<String>,
    /// Where it is in its life.
    pub status: ClusterStatus,
    /// Its queue, once it has one.
    pub channel: Option<Channel>,
    /// Whether an agent has ever registered.
    pub has_agent: bool,
    /// When an agent was last heard, as of the last change of status.
    pub last_seen_at: Option<Timestamp>,
    /// What its agent can do there, as it told last; null until then.
    #[serde(default)]
    pub capabilities: Option<Capabilities>,
}

/// What makes or replaces a cluster.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterInput {
    /// The name.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// The region it stands in.
    #[serde(default)]
    #[schema(max_length = 63)]
    pub region: Option<String>,
    /// Who runs it.
    #[serde(default)]
    #[schema(max_length = 63)]
    pub cloud_provider: Option<String>,
}

impl Kind for Cluster {
    const KIND: &'static str = "cluster";

    /// A cluster whose queue is to be made or removed is due at any time: the provisioner comes back to it.
    fn due(&self) -> Option<Timestamp> {
        (self.channel.is_none() || self.status == ClusterStatus::Deleting).then_some(Timestamp::UNIX_EPOCH)
    }
}

impl Editable for Cluster {
    type Input = ClusterInput;
    const EVENTS: [&'static str; 3] = ["cluster.created", "cluster.updated", "cluster.deleted"];

    fn name_of(input: &ClusterInput) -> &Name {
        &input.name
    }

    fn labels_of(input: &ClusterInput) -> &Labels {
        &input.labels
    }

    fn draft(input: ClusterInput) -> Result<Self, FieldErrors> {
        Ok(Self {
            description: input.description,
            region: input.region,
            cloud_provider: input.cloud_provider,
            status: ClusterStatus::Pending,
            channel: None,
            has_agent: false,
            last_seen_at: None,
            capabilities: None,
        })
    }

    fn amend(self, input: ClusterInput) -> Result<Self, EditError> {
        if self.status == ClusterStatus::Deleting {
            return Err(self.wrong_state("update", "not `deleting`").into());
        }
        Ok(Self { description: input.description, region: input.region, cloud_provider: input.cloud_provider, ..self })
    }

    fn input(resource: &Resource<Self>) -> ClusterInput {
        ClusterInput {
            name: resource.name.clone(),
            labels: resource.labels.clone(),
            description: resource.body.description.clone(),
            region: resource.body.region.clone(),
            cloud_provider: resource.body.cloud_provider.clone(),
        }
    }
}

impl Cluster {
    /// Refuses new deployments in states that do not take them.
    pub fn accepts_deployments(&self) -> Result<(), WrongState> {
        match self.status {
            ClusterStatus::Pending | ClusterStatus::Active | ClusterStatus::Inactive => Ok(()),
            ClusterStatus::Maintenance | ClusterStatus::Deleting => {
                Err(self.wrong_state("publish to", "`pending`, `active` or `inactive`"))
            }
        }
    }

    /// Refuses agents in states that do not take them.
    pub fn accepts_agents(&self) -> Result<(), WrongState> {
        match self.status {
            ClusterStatus::Deleting => Err(self.wrong_state("register an agent in", "not `deleting`")),
            _ => Ok(()),
        }
    }

    /// Refuses to go on without agents while there may be some.
    pub fn expect_no_agent(&self) -> Result<(), WrongState> {
        let allowed = match self.status {
            ClusterStatus::Inactive => return Ok(()),
            ClusterStatus::Pending if !self.has_agent => return Ok(()),
            ClusterStatus::Maintenance => "activated first; then `inactive`, or `pending` without an agent",
            _ => {
                "`inactive`, or `pending` without an agent: let its agents remove it, or revoke those that are gone for \
                 good, and try again some minutes later"
            }
        };
        Err(self.wrong_state("abandon what is deployed on", allowed))
    }

    fn wrong_state(&self, verb: &'static str, allowed: &'static str) -> WrongState {
        WrongState { kind: Self::KIND, verb, state: self.status.name().to_owned(), allowed }
    }

    /// The status of a cluster that is neither in maintenance nor going away.
    fn settled(&self) -> ClusterStatus {
        if self.channel.is_some() && self.has_agent { ClusterStatus::Active } else { ClusterStatus::Pending }
    }
}

impl Resource<Cluster> {
    /// Stops new deployments; what runs stays.
    pub fn maintenance(self, stamp: &Stamp) -> Result<Change<Cluster>, WrongState> {
        match self.body.status {
            ClusterStatus::Pending | ClusterStatus::Active | ClusterStatus::Inactive => {
                let body = Cluster { status: ClusterStatus::Maintenance, ..self.body.clone() };
                Ok(self.become_body(body, stamp, EventDraft::new("cluster.maintenance_started")))
            }
            ClusterStatus::Maintenance | ClusterStatus::Deleting => {
                Err(self.body.wrong_state("put into maintenance", "`pending`, `active` or `inactive`"))
            }
        }
    }

    /// Takes deployments again. With `silent`, all its agents fell silent meanwhile.
    pub fn activate(self, silent: bool, stamp: &Stamp) -> Result<Change<Cluster>, WrongState> {
        match self.body.status {
            ClusterStatus::Maintenance => {
                let status = match self.body.settled() {
                    ClusterStatus::Active if silent => ClusterStatus::Inactive,
                    status => status,
                };
                let body = Cluster { status, ..self.body.clone() };
                Ok(self.become_body(body, stamp, EventDraft::new("cluster.activated")))
            }
            _ => Err(self.body.wrong_state("activate", "`maintenance`")),
        }
    }

    /// Gives the cluster its queue. `None` when it has this very one already.
    pub fn provisioned(self, channel: Channel, stamp: &Stamp) -> Option<Change<Cluster>> {
        if self.body.channel.as_ref() == Some(&channel) {
            return None;
        }
        let mut body = Cluster { channel: Some(channel), ..self.body.clone() };
        if body.status == ClusterStatus::Pending {
            body.status = body.settled();
        }
        let id = self.id;
        Some(self.become_body(body, stamp, EventDraft::new("cluster.provisioned").about(id)))
    }

    /// Takes note that an agent registered.
    pub fn agent_registered(self, stamp: &Stamp) -> Result<Change<Cluster>, WrongState> {
        self.body.accepts_agents()?;
        let mut body = Cluster { has_agent: true, last_seen_at: Some(stamp.now), ..self.body.clone() };
        if matches!(body.status, ClusterStatus::Pending | ClusterStatus::Inactive) {
            body.status = body.settled();
        }
        let id = self.id;
        Ok(self.become_body(body, stamp, EventDraft::new("cluster.agent_joined").about(id)))
    }

    /// Takes note that all agents are silent. `None` unless it is `active`.
    pub fn silent(self, last_seen_at: Option<Timestamp>, stamp: &Stamp) -> Option<Change<Cluster>> {
        (self.body.status == ClusterStatus::Active).then(|| {
            let body = Cluster { status: ClusterStatus::Inactive, last_seen_at, ..self.body.clone() };
            let id = self.id;
            self.become_body(body, stamp, EventDraft::new("cluster.deactivated").about(id))
        })
    }

    /// Takes note that an agent is heard again. `None` unless it is `inactive`.
    pub fn heard(self, stamp: &Stamp) -> Option<Change<Cluster>> {
        (self.body.status == ClusterStatus::Inactive).then(|| {
            let body = Cluster { status: ClusterStatus::Active, last_seen_at: Some(stamp.now), ..self.body.clone() };
            let id = self.id;
            self.become_body(body, stamp, EventDraft::new("cluster.activated").about(id))
        })
    }

    /// Takes note of what an agent can do there. `None` when it is known.
    pub fn told(self, capabilities: Capabilities, stamp: &Stamp) -> Option<Change<Cluster>> {
        if self.body.capabilities.as_ref() == Some(&capabilities) || self.body.status == ClusterStatus::Deleting {
            return None;
        }
        let problems = capabilities.problems.len();
        let body = Cluster { capabilities: Some(capabilities), ..self.body.clone() };
        let event = EventDraft::new("cluster.capabilities_changed");
        let event = event.with(serde_json::json!({ "problems": problems })).about(self.id);
        Some(self.become_body(body, stamp, event))
    }

    /// Begins the end: the provisioner removes the queue and then the row.
    pub fn retire(self, stamp: &Stamp) -> Result<Change<Cluster>, WrongState> {
        if self.body.status == ClusterStatus::Deleting {
            return Err(self.body.wrong_state("delete", "not `deleting`"));
        }
        let body = Cluster { status: ClusterStatus::Deleting, ..self.body.clone() };
        let id = self.id;
        Ok(self.become_body(body, stamp, EventDraft::new("cluster.deleted").about(id)))
    }
}

impl Resource<Cluster> {
    /// Ends it, when nothing of it is left.
    pub fn remove(self) -> Result<Change<Cluster>, WrongState> {
        if self.body.status != ClusterStatus::Deleting {
            return Err(self.body.wrong_state("remove", "`deleting`"));
        }
        let id = self.id;
        Ok(Change::deleted(self, EventDraft::new("cluster.removed").about(id)))
    }
}

impl ClusterStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Maintenance => "maintenance",
            Self::Inactive => "inactive",
            Self::Deleting => "deleting",
        }
    }
}
