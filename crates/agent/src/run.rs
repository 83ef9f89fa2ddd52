//! The agent at work: what polls, what beats, what applies and what measures, side by side on one thread.

mod heartbeat;
mod poll;
mod usage;
mod worker;

use std::{sync::Arc, time::Duration};

use switchtower_protocol::capabilities::Capabilities;
use tokio::sync::{mpsc, watch};

use crate::{
    converge::{Converger, Patience},
    metrics::Metrics,
    port::{Clock, ControlPlane, Driver, Message, Queue, StateStore},
    standing::Standing,
    state::State,
    stop::Stop,
};

/// How often what it does is done.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between heartbeats, until the control plane says otherwise.
    pub heartbeat: Duration,
    /// Between full resyncs.
    pub resync: Duration,
    /// Between attempts of an agent that is refused.
    pub refused: Duration,
    /// Between tellings of how much traffic there was.
    pub usage: Duration,
    /// How long to wait for gateways, and how often to look for changes by hand.
    pub patience: Patience,
}

/// What the parts of a running agent share.
#[derive(Clone)]
struct Shared<C, K> {
    control: C,
    clock: K,
    pace: Pace,
    metrics: Arc<Metrics>,
    standing: Standing,
    stop: Stop,
    /// What the driver found when it last looked around.
    capabilities: watch::Sender<Option<Capabilities>>,
}

/// What a running agent works with.
pub struct Agent<C, Q, D, S, K> {
    /// The control plane.
    pub control: C,
    /// The queue.
    pub queue: Q,
    /// What puts objects in place.
    pub driver: D,
    /// What keeps the state.
    pub store: S,
    /// What tells the time.
    pub clock: K,
    /// Where it goes on from.
    pub state: State,
    /// How often what it does is done.
    pub pace: Pace,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How it stands with the control plane.
    pub standing: Standing,
}

impl<C, Q, D, S, K> Agent<C, Q, D, S, K>
where
    C: ControlPlane + Clone,
    Q: Queue,
    D: Driver,
    S: StateStore,
    K: Clock + Clone,
{
    /// Works until it is asked to stop; the apply in hand is finished, and the control plane is told.
    pub async fn run(self, stop: Stop) {
        let Self { control, queue, driver, store, clock, state, pace, metrics, standing } = self;
        let shared = Shared {
            control: control.clone(),
            clock: clock.clone(),
            pace,
            metrics: metrics.clone(),
            standing,
            stop: stop.clone(),
            capabilities: watch::Sender::new(None),
        };
        let traffic = driver.traffic();
        let mut converger = Converger::new((control, driver, store, clock), metrics, stop, state);
        converger.patience = pace.patience;
        let (messages, batches) = mpsc::channel::<Vec<Message>>(1);
        let (versions, desired) = watch::channel(None);
        tokio::join!(
            shared.poll(&queue, messages),
            shared.beat(versions),
            shared.work(converger, &queue, batches, desired),
            shared.measure(traffic),
        );
        shared.say_goodbye().await;
    }
}

impl<C: ControlPlane, K: Clock> Shared<C, K> {
    /// Waits; false when it is time to stop.
    async fn rest(&self, duration: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.wait() => false,
            () = self.clock.sleep(duration) => true,
        }
    }
}
