//! Rollouts: a product goes to many clusters, in waves.
//!
//! ```text
//!   pending --start--> running <--pause/resume--> paused
//!                         |  \                      |
//!          last wave done |   \ too many failed     |
//!                         v    v                    |
//!                 succeeded   failed                |
//!                                \                  |
//!   abort: pending, running, paused, failed --------+--> rolling_back --> aborted
//!                                                   +-------------------> aborted
//! ```
//!
//! What a rollout does next follows from its row, from what is seen of its clusters, and from the time:
//! [`next_step`](Resource::<Rollout>::next_step) is a function of these. A worker asks it again and again, and writes every
//! step together with the row that it was decided on.
//!
//! INVARIANT: a step and the row that it leads to are one transaction. So nothing is published twice, and nothing is
//! published by a rollout that was paused, stopped or aborted meanwhile.

mod input;
mod step;
mod strategy;
mod target;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    change::{Change, Stamp, WrongState},
    cluster::ClusterId,
    event::EventDraft,
    field::FieldErrors,
    gateway::GatewayId,
    id::{Id, resource_id},
    name::Name,
    product::ProductId,
    product_publish::PublishSettings,
    resource::{Kind, Reference, Resource},
    tenant::TenantId,
};

pub use self::{
    input::{ClusterChoice, ClusterSelector, RolloutInput},
    step::{Sights, Step},
    strategy::{FailureThreshold, RolloutStrategy, WaveSize},
    target::{DeploymentSight, Published, RolloutCounts, RolloutTarget, Sight, TargetState},
};

resource_id!(Rollout, RolloutId, "rol");

/// The most clusters of a rollout: they stand in one row.
pub const MAX_CLUSTERS: usize = 100;

/// The group under which rollouts are listed that clusters' reports matter to.
pub const ACTIVE: &str = "active";

/// Where a rollout is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RolloutStatus {
    /// It waits to be started.
    Pending,
    /// Clusters are published to, wave by wave.
    Running,
    /// Nothing more is published until it is resumed.
    Paused,
    /// Clusters go back to what was there before.
    RollingBack,
    /// Every wave has had its turn.
    Succeeded,
    /// Too many clusters failed; the others were left alone.
    Failed,
    /// Somebody ended it.
    Aborted,
}

/// A rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rollout {
    /// What is published.
    pub product_id: ProductId,
    /// The gateway template that it is served through.
    pub gateway_id: GatewayId,
    /// How it is published, everywhere.
    #[serde(flatten)]
    pub settings: PublishSettings,
    /// How its clusters were chosen.
    pub clusters: ClusterChoice,
    /// How it goes about it.
    pub strategy: RolloutStrategy,
    /// What it is for; kept with the generations that it makes.
    pub reason: Option<String>,
    /// Where it is in its life.
    pub status: RolloutStatus,
    /// Why it was paused, stopped or aborted.
    pub message: Option<String>,
    /// How many waves there are.
    pub waves: u32,
    /// The wave under way, or the last one that was; 0 before the first one.
    pub wave: u32,
    /// When the next wave begins, while none is under way.
    pub next_wave_at: Option<Timestamp>,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How many clusters stand how.
    pub counts: RolloutCounts,
    /// Its clusters, in the order of their turns.
    pub targets: Vec<RolloutTarget>,
}

impl Kind for Rollout {
    const KIND: &'static str = "rollout";

    fn group(&self) -> Option<String> {
        self.status.is_active().then(|| ACTIVE.to_owned())
    }

    /// What it needs to go on. Its clusters are kept by the publishes that it makes.
    fn references(&self) -> Vec<Reference> {
        match self.status.is_active() || self.status == RolloutStatus::Pending {
            true => vec![Reference::to(self.product_id), Reference::to(self.gateway_id)],
            false => Vec::new(),
        }
    }

    fn due(&self) -> Option<Timestamp> {
        match self.status {
            RolloutStatus::Running => Some(self.next_wave_at.unwrap_or(Timestamp::UNIX_EPOCH)),
            RolloutStatus::RollingBack => Some(Timestamp::UNIX_EPOCH),
            _ => None,
        }
    }
}

impl RolloutStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::RollingBack => "rolling_back",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
        }
    }

    /// Whether it follows what happens in its clusters.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }

    /// Whether nothing more is done for it.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Aborted)
    }
}

impl Rollout {
    /// The name of what only one rollout at a time may do: publish a product in an environment.
    pub fn claim(&self) -> String {
        format!("{}.{}", self.product_id, self.settings.environment.name())
    }

    /// Refuses deletion while something is left to do.
    pub fn deletable(&self) -> Result<(), WrongState> {
        match self.status {
            RolloutStatus::Pending | RolloutStatus::Succeeded | RolloutStatus::Failed | RolloutStatus::Aborted => {
                Ok(())
            }
            RolloutStatus::Running | RolloutStatus::Paused | RolloutStatus::RollingBack => {
                Err(self.wrong_state("delete", "`pending`, `succeeded`, `failed` or `aborted`"))
            }
        }
    }

    fn wrong_state(&self, verb: &'static str, allowed: &'static str) -> WrongState {
        WrongState { kind: Self::KIND, verb, state: self.status.name().to_owned(), allowed }
    }

    fn timeout(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.strategy.ready_timeout_seconds))
    }

    /// How many clusters failed, and how many of them are too many.
    fn has_failed(&self) -> bool {
        let failures = self.counts.failed.saturating_add(self.counts.degraded);
        let failures = usize::try_from(failures).unwrap_or(usize::MAX);
        self.strategy.failure_threshold.exceeded_by(failures, self.targets.len())
    }

    fn target_mut(&mut self, cluster: ClusterId) -> Option<&mut RolloutTarget> {
        self.targets.iter_mut().find(|target| target.cluster_id == cluster)
    }
}

impl Resource<Rollout> {
    /// A rollout to these clusters, at once when the input says so.
    pub fn plan(
        id: Id<Rollout>,
        tenant_id: TenantId,
        input: RolloutInput,
        clusters: Vec<(ClusterId, Name)>,
        stamp: &Stamp,
    ) -> Result<Change<Rollout>, FieldErrors> {
        input.check()?;
        let sizes = input.strategy.plan(clusters.len());
        let waves = (1_u32..).zip(&sizes).flat_map(|(wave, size)| std::iter::repeat_n(wave, *size));
        let targets = clusters.into_iter().zip(waves);
        let targets = targets.map(|((id, name), wave)| RolloutTarget::new(id, name, wave, stamp.now));
        let targets: Vec<_> = targets.collect();
        let body = Rollout {
            product_id: input.product_id,
            gateway_id: input.gateway_id,
            settings: input.settings,
            clusters: input.clusters,
            strategy: input.strategy,
            reason: input.reason,
            status: RolloutStatus::Pending,
            message: None,
            waves: u32::try_from(sizes.len()).unwrap_or(u32::MAX),
            wave: 0,
            next_wave_at: None,
            started_at: None,
            ended_at: None,
            counts: RolloutCounts::of(&targets),
            targets,
        };
        let rollout = Self::new(id, tenant_id, input.name, input.labels, body, stamp);
        let created = EventDraft::new("rollout.created");
        if !input.start {
            return Ok(Change::created(rollout, created));
        }
        let (body, started) = rollout.body.clone().started(stamp);
        Ok(Change::created(Self { body, ..rollout }, created).and(started))
    }

    /// Begins with the first wave.
    pub fn start(self, stamp: &Stamp) -> Result<Change<Rollout>, WrongState> {
        match self.body.status {
            RolloutStatus::Pending => {
                let (body, event) = self.body.clone().started(stamp);
                Ok(self.become_body(body, stamp, event))
            }
            _ => Err(self.body.wrong_state("start", "`pending`")),
        }
    }

    /// Publishes nothing more until it is resumed. What was published goes on becoming ready.
    pub fn pause(self, reason: Option<String>, stamp: &Stamp) -> Result<Change<Rollout>, WrongState> {
        match self.body.status {
            RolloutStatus::Running => Ok(self.turn(RolloutStatus::Paused, reason, "rollout.paused", stamp)),
            _ => Err(self.body.wrong_state("pause", "`running`")),
        }
    }

    /// Goes on where it was paused.
    pub fn resume(self, stamp: &Stamp) -> Result<Change<Rollout>, WrongState> {
        match self.body.status {
            RolloutStatus::Paused => Ok(self.turn(RolloutStatus::Running, None, "rollout.resumed", stamp)),
            _ => Err(self.body.wrong_state("resume", "`paused`")),
        }
    }

    /// Ends it. What was published stays, or goes back to what was there before.
    pub fn abort(self, rollback: bool, reason: Option<String>, stamp: &Stamp) -> Result<Change<Rollout>, WrongState> {
        match self.body.status {
            RolloutStatus::Pending | RolloutStatus::Running | RolloutStatus::Paused | RolloutStatus::Failed => {
                let back = rollback && self.body.targets.iter().any(RolloutTarget::can_go_back);
                let (status, event) = match back {
                    true => (RolloutStatus::RollingBack, "rollout.rollback_started"),
                    false => (RolloutStatus::Aborted, "rollout.aborted"),
                };
                Ok(self.turn(status, reason, event, stamp))
            }
            RolloutStatus::RollingBack | RolloutStatus::Succeeded | RolloutStatus::Aborted => {
                Err(self.body.wrong_state("abort", "`pending`, `running`, `paused` or `failed`"))
            }
        }
    }

    /// Ends the record of it; what it published stays.
    pub fn delete_rollout(self) -> Result<Change<Rollout>, WrongState> {
        self.body.deletable()?;
        Ok(Change::deleted(self, EventDraft::new("rollout.deleted")))
    }

    fn turn(
        self,
        status: RolloutStatus,
        message: Option<String>,
        event: &'static str,
        stamp: &Stamp,
    ) -> Change<Rollout> {
        let mut body = Rollout { status, message, ..self.body.clone() };
        if !status.is_active() {
            body.next_wave_at = None;
        }
        if status.has_ended() {
            body.ended_at = Some(stamp.now);
        }
        let event = body.event(event);
        self.become_body(body, stamp, event)
    }
}
