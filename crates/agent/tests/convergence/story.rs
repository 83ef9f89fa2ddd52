//! A story: an agent in a [`World`](crate::world::World) of faults, step by step.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use switchtower_agent::{
    converge::{Converger, Effort, Settled},
    metrics::Metrics,
    port::ControlPlane,
    state::State,
    stop::Stop,
};
use switchtower_domain::{
    cluster::ClusterId,
    deployment::{DeploymentId, DeploymentStatus, Desired},
};
use switchtower_protocol::heartbeat::Heartbeat;

use crate::world::{Event, Shared};

/// What happens next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Publish(usize),
    Withdraw(usize),
    Erase(usize),
    /// A doorbell, in any order; `again` when the queue delivers it once more although it was deleted.
    Deliver {
        at: usize,
        again: bool,
    },
    Drop(usize),
    Heartbeat,
    /// A heartbeat, and a publish while the agent lists what it told of.
    HeartbeatMeets {
        after: u32,
        index: usize,
    },
    Resync,
    CrashSoon(u32),
    PublishSoon {
        after: u32,
        index: usize,
    },
    WithdrawSoon {
        after: u32,
        index: usize,
    },
    Outage {
        after: u32,
        calls: u32,
    },
    AnswersStale(bool),
    LosesReceipts(bool),
    ReplayReport(usize),
    Spoil {
        index: usize,
        object: usize,
        bad: bool,
    },
    Drift(usize),
    /// The gateway takes its time.
    Slow {
        index: usize,
        looks: u32,
    },
    Check,
    LoseState,
}

type Agent = Converger<Shared, Shared, Shared, Shared>;

/// The world and the agent in it.
pub(crate) struct Story {
    world: Shared,
    agent: Agent,
}

fn agent(world: &Shared) -> Agent {
    let disk = world.world().disk.clone();
    let state = disk.map_or_else(|| State::new(ClusterId::nil()), |disk| serde_json::from_str(&disk).unwrap());
    let ports = (world.clone(), world.clone(), world.clone(), world.clone());
    let mut agent = Converger::new(ports, Arc::new(Metrics::default()), Stop::new().1, state);
    agent.patience.check = Some(Duration::from_secs(60));
    agent
}

impl Story {
    pub(crate) fn new() -> Self {
        let world = Shared::default();
        Self { agent: agent(&world), world }
    }

    pub(crate) async fn take(&mut self, step: Step) {
        match step {
            Step::Publish(index) => self.world.world().event(Event::Publish(index)),
            Step::Withdraw(index) => self.world.world().event(Event::Withdraw(index)),
            Step::Erase(index) => self.world.world().event(Event::Erase(index)),
            Step::Deliver { at, again } => self.deliver(at, again).await,
            Step::Drop(at) => {
                self.take_message(at);
            }
            Step::Heartbeat => self.heartbeat().await,
            Step::HeartbeatMeets { after, index } => {
                self.world.world().soon.push((after, Event::Publish(index)));
                self.heartbeat().await;
            }
            Step::Resync => _ = self.agent.sync(Effort::Full).await,
            Step::CrashSoon(calls) => self.world.world().fuse = Some(calls),
            Step::PublishSoon { after, index } => self.world.world().soon.push((after, Event::Publish(index))),
            Step::WithdrawSoon { after, index } => self.world.world().soon.push((after, Event::Withdraw(index))),
            Step::Outage { after, calls } => self.world.world().outage = Some((after, calls)),
            Step::AnswersStale(stale) => self.world.world().stale = stale,
            Step::LosesReceipts(loses) => self.world.world().loses_receipts = loses,
            Step::ReplayReport(at) => self.replay(at),
            Step::Spoil { index, object, bad } => self.spoil(index, object, bad),
            Step::Drift(at) => self.drift(at),
            Step::Slow { index, looks } => {
                let mut world = self.world.world();
                let id = world.id(index);
                world.slow.insert(id, looks);
            }
            Step::Check => _ = self.agent.check(Timestamp::MAX).await,
            Step::LoseState => {
                self.lose_state();
                self.restart().await;
            }
        }
        if self.world.world().crashed() {
            self.restart().await;
        }
    }

    /// The trouble is over, every doorbell is lost: heartbeats alone must do, and a full resync mends what was meddled with.
    pub(crate) async fn end(&mut self) {
        {
            let mut world = self.world.world();
            (world.fuse, world.outage, world.stale, world.loses_receipts) = (None, None, false, false);
            world.bad.clear();
            world.slow.clear();
            let soon = std::mem::take(&mut world.soon);
            soon.into_iter().for_each(|(_, event)| world.event(event));
            world.queue.clear();
        }
        for _ in 0..2 {
            self.heartbeat().await;
        }
        _ = self.agent.check(Timestamp::MAX).await;
        self.heartbeat().await;
        self.check(|world, id| !world.meddled.contains(&id));
        self.agent.sync(Effort::Full).await.unwrap();
        self.check(|_, _| true);
        self.late_repeats();
        self.agent.sync(Effort::Full).await.unwrap();
        self.check(|_, _| true);
        self.nothing_more_to_say().await;
    }

    fn check(&self, concerns: impl Fn(&crate::world::World, DeploymentId) -> bool) {
        use DeploymentStatus::{Degraded, Failed, Ready, Removed};
        let world = self.world.world();
        assert_eq!(self.agent.state().applied_version, world.desired_version, "heartbeats did not converge");
        for (id, deployment) in &world.deployments {
            let body = &deployment.body;
            let ended = matches!(body.status, Ready | Degraded | Failed | Removed);
            assert!(ended, "{id}: nobody knows how generation {:?} ended: {:?}", body.generation, body.status);
            if concerns(&world, *id) {
                let wanted = if body.desired == Desired::Present { Ready } else { Removed };
                assert_eq!(body.status, wanted, "{id}");
                let in_place = world.is_in_place(*id, body.generation, body.desired);
                assert!(in_place, "{id}: {:?} is desired, {:?} in place", body.generation, world.in_place(*id));
            }
        }
        for (id, _) in world.cluster.values() {
            assert!(world.deployments.contains_key(id), "{id} exists no more, and is still in place");
        }
    }

    /// A second full resync changes nothing: no object, no status.
    async fn nothing_more_to_say(&mut self) {
        let before = {
            let world = self.world.world();
            (world.deployments.clone(), world.cluster.clone())
        };
        self.agent.sync(Effort::Full).await.unwrap();
        let world = self.world.world();
        assert_eq!((&world.deployments, &world.cluster), (&before.0, &before.1), "a resync changed what was well");
    }

    /// Every report comes once more, the last one first: only a full resync can tell that a later one on the same generation was truer.
    fn late_repeats(&self) {
        let mut world = self.world.world();
        for report in world.said.clone().into_iter().rev() {
            _ = world.hear(report);
        }
    }

    async fn restart(&mut self) {
        self.world.world().fuse = None;
        self.agent = agent(&self.world);
        // A crash during the adoption is a crash before it.
        while self.agent.adopt().await.is_err() {
            self.world.world().fuse = None;
            self.agent = agent(&self.world);
        }
        self.world.world().tells = false;
    }

    async fn heartbeat(&mut self) {
        let applied_version = self.agent.state().applied_version;
        let heartbeat = Heartbeat { version: "0".into(), applied_version, draining: false, capabilities: None };
        let Ok(reply) = self.agent.control.heartbeat(&heartbeat).await else { return };
        if reply.desired_version != applied_version {
            _ = self.agent.sync(Effort::Changes).await;
        }
    }

    fn take_message(&self, at: usize) -> Option<DeploymentId> {
        let mut world = self.world.world();
        let length = world.queue.len();
        (length > 0).then(|| world.queue.remove(at % length))
    }

    async fn deliver(&mut self, at: usize, again: bool) {
        let Some(id) = self.take_message(at) else { return };
        let ended = self.agent.deployment(id, Effort::Changes).await;
        if let Ok(Settled::Converged) = ended {
            let pending = self.agent.state().record(id).and_then(|record| record.pending());
            assert_eq!(pending, None, "a doorbell was done with before its report was accepted");
        }
        if again || ended.is_err() {
            self.world.world().queue.push(id);
        }
    }

    fn replay(&self, at: usize) {
        let mut world = self.world.world();
        let length = world.said.len();
        if length > 0 {
            let report = world.said[at % length].clone();
            world.meddled.insert(report.deployment_id);
            _ = world.hear(report);
        }
    }

    fn spoil(&self, index: usize, object: usize, bad: bool) {
        let mut world = self.world.world();
        let id = world.id(index);
        world.meddled.insert(id);
        if bad {
            world.bad.insert((id, object));
        } else {
            world.bad.remove(&(id, object));
        }
    }

    fn drift(&self, at: usize) {
        let mut world = self.world.world();
        let length = world.cluster.len();
        if length > 0 {
            let (key, (id, _)) =
                world.cluster.iter().nth(at % length).map(|(key, placed)| (key.clone(), *placed)).unwrap();
            world.cluster.remove(&key);
            world.meddled.insert(id);
        }
    }

    /// The disk is lost. What a removed deployment once was is forgotten with it: nothing newer is left to overwrite.
    fn lose_state(&self) {
        let mut world = self.world.world();
        world.disk = None;
        world.tells = true;
        let begun = world.begun.clone();
        world.newest_written.retain(|id, _| begun.contains_key(id));
    }
}
