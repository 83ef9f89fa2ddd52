//! The one place that applies: doorbells, differences and resyncs, one after the other.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use super::Shared;
use crate::{
    backoff::Backoff,
    converge::{ConvergeError, Converger, Effort},
    port::{Clock, ControlPlane, Driver, Message, Queue, StateStore},
};

/// Until the agent looks around again when something stands in its way.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What to do next.
enum Task {
    Batch(Vec<Message>),
    Changes,
    Resync,
    Check,
    Stop,
}

impl<C: ControlPlane, K: Clock> Shared<C, K> {
    /// Works until it is time to stop. It begins with a full resync: who knows what happened while it was away.
    pub(super) async fn work<D: Driver, S: StateStore>(
        &self,
        mut converger: Converger<C, D, S, K>,
        queue: &impl Queue,
        mut batches: mpsc::Receiver<Vec<Message>>,
        mut desired: watch::Receiver<Option<u64>>,
    ) {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60).min(self.pace.resync));
        loop {
            self.look_around(&converger).await;
            let Err(error) = converger.adopt().await else { break };
            tracing::error!(%error, "cannot begin");
            if !self.rest(backoff.next(self.clock.fraction())).await {
                return;
            }
        }
        backoff.reset();
        let mut resync_at = self.clock.now();
        let mut look_at = later(resync_at, LOOK_AGAIN);
        loop {
            match self.next(&mut batches, &mut desired, resync_at, converger.due()).await {
                Task::Stop => return,
                Task::Batch(batch) => self.answer(&mut converger, queue, batch).await,
                Task::Changes => {
                    let version = *desired.borrow_and_update();
                    if version.is_some_and(|version| version != converger.state().applied_version) {
                        self.note(converger.sync(Effort::Changes).await.map(|_| ()));
                    }
                }
                Task::Check => {
                    let troubled = self.capabilities.borrow().as_ref().is_some_and(|found| !found.problems.is_empty());
                    if troubled && self.clock.now() >= look_at {
                        // What stood in the way may be gone.
                        self.look_around(&converger).await;
                        look_at = later(self.clock.now(), LOOK_AGAIN);
                    }
                    self.note(converger.check(self.clock.now()).await);
                }
                Task::Resync => {
                    self.look_around(&converger).await;
                    let done = self.note(converger.sync(Effort::Full).await.map(|_| self.metrics.resyncs.add()));
                    let pause = if done { self.pace.resync } else { backoff.next(self.clock.fraction()) };
                    if done {
                        backoff.reset();
                    }
                    resync_at = later(self.clock.now(), pause);
                }
            }
        }
    }

    async fn next(
        &self,
        batches: &mut mpsc::Receiver<Vec<Message>>,
        desired: &mut watch::Receiver<Option<u64>>,
        resync_at: Timestamp,
        check_at: Option<Timestamp>,
    ) -> Task {
        let now = self.clock.now();
        let left = until(now, resync_at);
        let check = async {
            match check_at {
                Some(check_at) => self.clock.sleep(until(now, check_at)).await,
                None => std::future::pending().await,
            }
        };
        let task = async {
            self.standing.accepted().await;
            tokio::select! {
                biased;
                Some(batch) = batches.recv() => Task::Batch(batch),
                () = self.clock.sleep(left) => Task::Resync,
                () = check => Task::Check,
                Ok(()) = desired.changed() => Task::Changes,
                else => Task::Stop,
            }
        };
        tokio::select! {
            biased;
            () = self.stop.wait() => Task::Stop,
            task = task => task,
        }
    }

    /// Looks what can be done here, for the heartbeats to tell.
    async fn look_around<D: Driver, S: StateStore>(&self, converger: &Converger<C, D, S, K>) {
        let found = converger.driver.survey().await;
        self.capabilities.send_if_modified(|known| {
            let news = known.as_ref() != Some(&found);
            if news {
                for problem in &found.problems {
                    tracing::warn!(code = problem.code, "{}", problem.message);
                }
                *known = Some(found);
            }
            news
        });
    }

    /// Answers doorbells, those of one deployment at once. A message is deleted when its deployment was dealt with, and
    /// comes again otherwise; what is no doorbell of this cluster is given back, and so soon is in the dead-letter queue.
    async fn answer<D: Driver, S: StateStore>(
        &self,
        converger: &mut Converger<C, D, S, K>,
        queue: &impl Queue,
        batch: Vec<Message>,
    ) {
        let cluster = converger.state().cluster_id;
        let mut receipts: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for Message { receipt, doorbell } in batch {
            match doorbell {
                Some(doorbell) if doorbell.cluster_id == cluster => {
                    receipts.entry(doorbell.deployment_id).or_default().push(receipt);
                    continue;
                }
                Some(doorbell) => tracing::warn!(cluster = %doorbell.cluster_id, "a doorbell of another cluster"),
                None => tracing::warn!("a message that is no doorbell"),
            }
            if let Err(error) = queue.release(&receipt).await {
                tracing::warn!(%error, "a message could not be given back, and will come again later");
            }
        }
        for (id, receipts) in receipts {
            if self.stop.requested() || self.standing.refusal().is_some() {
                return;
            }
            if !self.note(converger.deployment(id, Effort::Changes).await.map(|_| ())) {
                continue;
            }
            for receipt in receipts {
                if let Err(error) = queue.delete(&receipt).await {
                    tracing::warn!(%error, deployment = %id, "a message could not be deleted, and will come again");
                }
            }
        }
    }

    /// Says what went wrong; whether all went well.
    fn note(&self, ended: Result<(), ConvergeError>) -> bool {
        match ended {
            Ok(()) => return true,
            Err(ConvergeError::Stopping) => {}
            Err(error) if error.is_unauthorized() => self.standing.refuse(&error.to_string()),
            Err(error) => tracing::warn!(%error, "could not converge"),
        }
        false
    }
}

/// How long it is until a time.
fn until(now: Timestamp, at: Timestamp) -> Duration {
    if at > now { at.duration_since(now).unsigned_abs() } else { Duration::ZERO }
}

pub(super) fn later(now: Timestamp, pause: Duration) -> Timestamp {
    SignedDuration::try_from(pause).ok().and_then(|pause| now.checked_add(pause).ok()).unwrap_or(now)
}
