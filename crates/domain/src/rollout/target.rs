//! One cluster of a rollout: how it stands, and what is made of what is seen there.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    cluster::{ClusterId, ClusterStatus},
    deployment::{Deployment, DeploymentId, DeploymentStatus, Generation, ObjectOutcome},
    name::Name,
    product_publish::ProductPublishId,
};

/// The most characters of a message: a hundred of them stand in one row.
const MAX_MESSAGE: usize = 240;
/// How long what may pass is tried again.
const MOST_TROUBLE: SignedDuration = SignedDuration::from_hours(1);

/// How a cluster of a rollout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// Its turn has not come, or never came.
    Waiting,
    /// It is in maintenance, so nothing was published to it.
    Skipped,
    /// It was published to, and its agent has not said what became of it.
    Publishing,
    /// It was published to, and nobody there is heard: it follows when it is back.
    Offline,
    /// What was published is in place.
    Ready,
    /// Only a part of what was published is in place.
    Degraded,
    /// It could not be published to, or what was published is not in place.
    Failed,
    /// Something else was published or withdrawn there since; the rollout leaves it alone.
    Superseded,
    /// It went back to what was there before.
    RolledBack,
    /// It could not go back.
    RollbackFailed,
}

/// One cluster of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RolloutTarget {
    /// The cluster.
    pub cluster_id: ClusterId,
    /// Its name when the rollout was made.
    pub cluster_name: Name,
    /// The wave that it belongs to; the first one is 1.
    pub wave: u32,
    /// How it stands.
    pub state: TargetState,
    /// Since when.
    pub since: Timestamp,
    /// The publish there, once there is one.
    pub product_publish_id: Option<ProductPublishId>,
    /// Its deployment, which tells more.
    pub deployment_id: Option<DeploymentId>,
    /// The generation that the rollout made, or found to be right already.
    pub generation: Option<Generation>,
    /// The generation that was desired before; none, when nothing was.
    pub previous_generation: Option<Generation>,
    /// Why it stands so, when there is something to say.
    pub message: Option<String>,
    /// Since when it is tried again and again, when something is in the way that may pass; `message` says what.
    #[serde(default)]
    pub troubled_since: Option<Timestamp>,
}

/// How many clusters of a rollout stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(missing_docs, reason = "they are named after the states")]
pub struct RolloutCounts {
    pub waiting: u32,
    pub skipped: u32,
    pub publishing: u32,
    pub offline: u32,
    pub ready: u32,
    pub degraded: u32,
    pub failed: u32,
    pub superseded: u32,
    pub rolled_back: u32,
    pub rollback_failed: u32,
}

/// What is seen of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The cluster's status; none, when it is gone.
    pub cluster: Option<ClusterStatus>,
    /// The deployment there, when the rollout made one.
    pub deployment: Option<DeploymentSight>,
}

/// What is seen of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentSight {
    /// The generation that is desired.
    pub generation: Generation,
    /// What is known about it.
    pub status: DeploymentStatus,
    /// Whether nobody there is heard.
    pub stale: bool,
    /// What failed first, when something did.
    pub complaint: Option<String>,
}

/// What publishing made of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The publish.
    pub product_publish_id: ProductPublishId,
    /// Its deployment.
    pub deployment_id: DeploymentId,
    /// The generation that is desired now.
    pub generation: Generation,
    /// The one that was before; the same one, when it was right already.
    pub previous_generation: Option<Generation>,
}

impl From<&Deployment> for DeploymentSight {
    fn from(deployment: &Deployment) -> Self {
        let failed = deployment.objects.first().filter(|object| object.outcome == ObjectOutcome::Failed);
        let complaint = failed.map(|object| {
            let message = object.message.as_deref().unwrap_or("it failed");
            format!("{} `{}`: {message}", object.kind, object.name)
        });
        Self { generation: deployment.generation, status: deployment.status, stale: deployment.stale, complaint }
    }
}

impl RolloutTarget {
    /// A cluster whose turn is to come.
    pub(super) const fn new(cluster_id: ClusterId, cluster_name: Name, wave: u32, now: Timestamp) -> Self {
        Self {
            cluster_id,
            cluster_name,
            wave,
            state: TargetState::Waiting,
            since: now,
            product_publish_id: None,
            deployment_id: None,
            generation: None,
            previous_generation: None,
            message: None,
            troubled_since: None,
        }
    }

    /// Gives it a state, unless it has it.
    pub(super) fn turn(&mut self, state: TargetState, message: Option<String>, now: Timestamp) {
        let message = message.map(|text| text.chars().take(MAX_MESSAGE).collect());
        if self.state != state {
            self.since = now;
        }
        self.state = state;
        self.message = message;
        self.troubled_since = None;
    }

    /// Takes note that something is in the way that may pass. For so long it is tried again, and then it counts as `failed`.
    pub(super) fn trouble(&mut self, failed: TargetState, why: &str, now: Timestamp) {
        match self.troubled_since {
            None => {
                self.troubled_since = Some(now);
                self.message = Some(format!("{why} It is tried again every minute."));
            }
            Some(since) if now.duration_since(since) >= MOST_TROUBLE => {
                let minutes = MOST_TROUBLE.as_mins();
                self.turn(failed, Some(format!("{why} It was tried again for {minutes} minutes.")), now);
            }
            Some(_) => {}
        }
    }

    /// Whether going back would change anything there.
    pub(super) fn can_go_back(&self) -> bool {
        let touched = match self.state {
            TargetState::Publishing
            | TargetState::Offline
            | TargetState::Ready
            | TargetState::Degraded
            | TargetState::Failed => true,
            TargetState::Waiting
            | TargetState::Skipped
            | TargetState::Superseded
            | TargetState::RolledBack
            | TargetState::RollbackFailed => false,
        };
        touched && self.generation.is_some() && self.previous_generation != self.generation
    }

    /// Whether its turn has come, in the wave under way: nothing was published there yet, and now it can be.
    pub(super) fn is_next(&self, wave: u32, sight: Option<&Sight>) -> bool {
        let turn = self.wave <= wave && matches!(self.state, TargetState::Waiting | TargetState::Skipped);
        turn && sight.and_then(|sight| sight.cluster).is_some_and(takes)
    }

    /// Whether the wave under way has to wait for it.
    pub(super) fn holds(&self, wave: u32, sight: Option<&Sight>) -> bool {
        let due = self.wave <= wave && matches!(self.state, TargetState::Waiting | TargetState::Publishing);
        due || self.is_next(wave, sight)
    }

    /// Takes note of what is seen there. Seeing the same again changes nothing.
    pub(super) fn look(&mut self, sight: &Sight, wave: u32, timeout: SignedDuration, now: Timestamp) {
        match self.state {
            TargetState::Waiting | TargetState::Skipped if self.wave <= wave => self.look_at_cluster(sight, now),
            TargetState::Publishing
            | TargetState::Offline
            | TargetState::Ready
            | TargetState::Degraded
            | TargetState::Failed => self.look_at_deployment(sight, timeout, now),
            TargetState::Waiting
            | TargetState::Skipped
            | TargetState::Superseded
            | TargetState::RolledBack
            | TargetState::RollbackFailed => {}
        }
    }

    fn look_at_cluster(&mut self, sight: &Sight, now: Timestamp) {
        match sight.cluster {
            None => self.turn(TargetState::Failed, Some("The cluster does not exist any more.".to_owned()), now),
            Some(ClusterStatus::Deleting) => {
                self.turn(TargetState::Failed, Some("The cluster is being deleted.".to_owned()), now);
            }
            Some(ClusterStatus::Maintenance) => {
                let message = "The cluster is in maintenance. It is published to if that ends during a wave.";
                self.turn(TargetState::Skipped, Some(message.to_owned()), now);
            }
            Some(ClusterStatus::Pending | ClusterStatus::Active | ClusterStatus::Inactive) => {}
        }
    }

    fn look_at_deployment(&mut self, sight: &Sight, timeout: SignedDuration, now: Timestamp) {
        let (Some(seen), Some(own)) = (&sight.deployment, self.generation) else { return };
        if seen.generation > own {
            let message = format!("Generation {} is desired there since.", seen.generation.0);
            return self.turn(TargetState::Superseded, Some(message), now);
        }
        if seen.generation < own {
            return;
        }
        match seen.status {
            DeploymentStatus::Ready => self.turn(TargetState::Ready, None, now),
            DeploymentStatus::Degraded => self.turn(TargetState::Degraded, seen.complaint.clone(), now),
            DeploymentStatus::Failed => self.turn(TargetState::Failed, seen.complaint.clone(), now),
            DeploymentStatus::Pending | DeploymentStatus::Applying => {
                self.look_at_silence(seen.stale || silent(sight.cluster), timeout, now);
            }
            DeploymentStatus::Removing | DeploymentStatus::Removed => {}
        }
    }

    /// Nothing is known about the generation yet.
    fn look_at_silence(&mut self, offline: bool, timeout: SignedDuration, now: Timestamp) {
        match self.state {
            TargetState::Publishing | TargetState::Offline if offline => {
                let message = "No agent of the cluster is heard. It follows when one is.";
                self.turn(TargetState::Offline, Some(message.to_owned()), now);
            }
            // From now on it has its time, as every other cluster has.
            TargetState::Offline => self.turn(TargetState::Publishing, None, now),
            TargetState::Publishing if now.duration_since(self.since) >= timeout => {
                let message = format!("It was not ready after {} seconds.", timeout.as_secs());
                self.turn(TargetState::Failed, Some(message), now);
            }
            _ => {}
        }
    }
}

/// Whether a cluster takes deployments.
const fn takes(status: ClusterStatus) -> bool {
    matches!(status, ClusterStatus::Pending | ClusterStatus::Active | ClusterStatus::Inactive)
}

/// Whether nobody in a cluster is heard.
const fn silent(status: Option<ClusterStatus>) -> bool {
    matches!(status, Some(ClusterStatus::Pending | ClusterStatus::Inactive))
}

impl RolloutCounts {
    /// RolloutCounts.
    pub fn of(targets: &[RolloutTarget]) -> Self {
        let mut counts = Self::default();
        for target in targets {
            let count = match target.state {
                TargetState::Waiting => &mut counts.waiting,
                TargetState::Skipped => &mut counts.skipped,
                TargetState::Publishing => &mut counts.publishing,
                TargetState::Offline => &mut counts.offline,
                TargetState::Ready => &mut counts.ready,
                TargetState::Degraded => &mut counts.degraded,
                TargetState::Failed => &mut counts.failed,
                TargetState::Superseded => &mut counts.superseded,
                TargetState::RolledBack => &mut counts.rolled_back,
                TargetState::RollbackFailed => &mut counts.rollback_failed,
            };
            *count = count.saturating_add(1);
        }
        counts
    }
}
