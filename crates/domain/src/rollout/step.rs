//! What a rollout does next: a function of its row, of what is seen of its clusters, and of the time.

use std::collections::HashMap;

use jiff::SignedDuration;
use serde_json::json;

use super::{Published, Rollout, RolloutCounts, RolloutStatus, RolloutTarget, Sight, TargetState};
use crate::{
    change::{Change, Stamp},
    cluster::ClusterId,
    event::EventDraft,
    resource::Resource,
};

/// What is seen of clusters. One that is not in it is left alone: nothing is known of it now.
pub type Sights = HashMap<ClusterId, Sight>;

/// What a rollout does next.
#[derive(Debug, Clone)]
pub enum Step {
    /// It takes note of what was seen, and of what follows.
    Note(Box<Change<Rollout>>),
    /// It publishes to a cluster.
    Publish(ClusterId),
    /// It takes a cluster back to what was there before.
    RollBack(ClusterId),
    /// Nothing, until something happens or its time has come.
    Rest,
}

impl Rollout {
    /// An event about it, with what the live feed shows.
    pub(super) fn event(&self, kind: &'static str) -> EventDraft {
        EventDraft::new(kind).with(json!({
            "status": self.status, "wave": self.wave, "waves": self.waves, "counts": self.counts,
        }))
    }

    /// The rollout as it begins.
    pub(super) fn started(self, stamp: &Stamp) -> (Self, EventDraft) {
        let (status, now) = (RolloutStatus::Running, Some(stamp.now));
        let body = Self { status, started_at: now, next_wave_at: now, ..self };
        let event = body.event("rollout.started");
        (body, event)
    }

    fn look(&mut self, sights: &Sights, stamp: &Stamp) {
        let (wave, timeout) = (self.wave, self.timeout());
        for target in &mut self.targets {
            if let Some(sight) = sights.get(&target.cluster_id) {
                target.look(sight, wave, timeout, stamp.now);
            }
        }
        self.counts = RolloutCounts::of(&self.targets);
    }

    /// What follows from what was seen, for a rollout that runs: the type of the event that tells of it.
    fn follow(&mut self, sights: &Sights, stamp: &Stamp) -> &'static str {
        if self.has_failed() {
            let failed = self.counts.failed.saturating_add(self.counts.degraded);
            self.message = Some(format!("{failed} of {} clusters failed or are degraded.", self.targets.len()));
            return self.end(RolloutStatus::Failed, "rollout.failed", stamp);
        }
        match self.next_wave_at {
            Some(at) if at <= stamp.now => {
                self.next_wave_at = None;
                self.wave = self.wave.saturating_add(1);
                "rollout.wave_started"
            }
            Some(_) => "rollout.progressed",
            None => {
                let holds = |target: &RolloutTarget| target.holds(self.wave, sights.get(&target.cluster_id));
                if self.targets.iter().any(holds) {
                    return "rollout.progressed";
                }
                if self.wave >= self.waves {
                    return self.end(RolloutStatus::Succeeded, "rollout.succeeded", stamp);
                }
                let wait = SignedDuration::from_secs(i64::from(self.strategy.wait_seconds));
                self.next_wave_at = Some(stamp.now.saturating_add(wait).unwrap_or(stamp.now));
                "rollout.wave_completed"
            }
        }
    }

    fn end(&mut self, status: RolloutStatus, event: &'static str, stamp: &Stamp) -> &'static str {
        self.status = status;
        self.next_wave_at = None;
        self.ended_at = Some(stamp.now);
        event
    }

    /// The cluster whose turn it is.
    fn next_target(&self, sights: &Sights) -> Option<ClusterId> {
        let next = |target: &&RolloutTarget| target.is_next(self.wave, sights.get(&target.cluster_id));
        self.targets.iter().find(next).map(|target| target.cluster_id)
    }

    /// The cluster that goes back next: the last one that was published to, first.
    fn next_back(&self, sights: &Sights) -> Option<ClusterId> {
        let next = |target: &&RolloutTarget| target.can_go_back() && sights.contains_key(&target.cluster_id);
        self.targets.iter().rev().find(next).map(|target| target.cluster_id)
    }
}

impl Resource<Rollout> {
    /// What it does next.
    pub fn next_step(&self, sights: &Sights, stamp: &Stamp) -> Step {
        let mut body = self.body.clone();
        match body.status {
            RolloutStatus::Running => {
                body.look(sights, stamp);
                let event = body.follow(sights, stamp);
                if body != self.body {
                    return self.note(body, event, stamp);
                }
                // Between two waves nothing is published.
                let next = body.next_wave_at.is_none().then(|| body.next_target(sights)).flatten();
                next.map_or(Step::Rest, Step::Publish)
            }
            RolloutStatus::Paused => {
                body.look(sights, stamp);
                if body == self.body { Step::Rest } else { self.note(body, "rollout.progressed", stamp) }
            }
            RolloutStatus::RollingBack => {
                if !body.targets.iter().any(RolloutTarget::can_go_back) {
                    let event = body.end(RolloutStatus::Aborted, "rollout.aborted", stamp);
                    return self.note(body, event, stamp);
                }
                body.next_back(sights).map_or(Step::Rest, Step::RollBack)
            }
            RolloutStatus::Pending | RolloutStatus::Succeeded | RolloutStatus::Failed | RolloutStatus::Aborted => {
                Step::Rest
            }
        }
    }

    fn note(&self, body: Rollout, event: &'static str, stamp: &Stamp) -> Step {
        let event = body.event(event);
        Step::Note(Box::new(self.clone().become_body(body, stamp, event)))
    }

    /// The rollout once a cluster was published to.
    pub fn published(self, cluster: ClusterId, published: Published, stamp: &Stamp) -> Change<Rollout> {
        self.with_target(cluster, stamp, |target| {
            target.turn(TargetState::Publishing, None, stamp.now);
            target.product_publish_id = Some(published.product_publish_id);
            target.deployment_id = Some(published.deployment_id);
            target.generation = Some(published.generation);
            target.previous_generation = published.previous_generation;
        })
    }

    /// The rollout once a cluster could not be published to.
    pub fn not_published(self, cluster: ClusterId, why: String, stamp: &Stamp) -> Change<Rollout> {
        self.with_target(cluster, stamp, |target| target.turn(TargetState::Failed, Some(why), stamp.now))
    }

    /// The rollout once a cluster went back, could not, or was left alone.
    pub fn went_back(
        self,
        cluster: ClusterId,
        state: TargetState,
        why: Option<String>,
        stamp: &Stamp,
    ) -> Change<Rollout> {
        self.with_target(cluster, stamp, |target| target.turn(state, why, stamp.now))
    }

    /// The rollout once something was in the way of a cluster that may pass; `None` when that is known, and not for too long.
    pub fn troubled(self, cluster: ClusterId, why: &str, stamp: &Stamp) -> Option<Change<Rollout>> {
        let failed = match self.body.status {
            RolloutStatus::RollingBack => TargetState::RollbackFailed,
            _ => TargetState::Failed,
        };
        let before = self.body.clone();
        let change = self.with_target(cluster, stamp, |target| target.trouble(failed, why, stamp.now));
        let news = change.after().is_some_and(|after| after.body != before);
        news.then_some(change)
    }

    fn with_target(self, cluster: ClusterId, stamp: &Stamp, edit: impl FnOnce(&mut RolloutTarget)) -> Change<Rollout> {
        let mut body = self.body.clone();
        if let Some(target) = body.target_mut(cluster) {
            edit(target);
        }
        body.counts = RolloutCounts::of(&body.targets);
        let event = body.event("rollout.progressed").about(cluster);
        self.become_body(body, stamp, event)
    }
}
