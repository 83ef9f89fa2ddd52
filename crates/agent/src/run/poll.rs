//! Waiting at the queue.

use std::time::Duration;

use tokio::sync::mpsc;

use super::Shared;
use crate::{
    backoff::Backoff,
    port::{Clock, ControlPlane, Message, Queue, QueueError},
};

/// Until the next attempt at a queue that is still being made.
const NOT_READY: Duration = Duration::from_secs(2);

impl<C: ControlPlane, K: Clock> Shared<C, K> {
    /// Hands batches of messages to the worker until it is time to stop. A new batch is fetched only when the worker has
    /// taken the one before, so that messages wait in the queue and not here.
    pub(super) async fn poll(&self, queue: &impl Queue, batches: mpsc::Sender<Vec<Message>>) {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        loop {
            let received = tokio::select! {
                biased;
                () = self.stop.wait() => return,
                received = self.receive(queue) => received,
            };
            let pause = match received {
                Ok(batch) => {
                    backoff.reset();
                    if !batch.is_empty() && !self.hand_over(batch, &batches).await {
                        return;
                    }
                    continue;
                }
                Err(QueueError::Credentials(error)) if error.is_unauthorized() => {
                    self.standing.refuse(&error.to_string());
                    continue;
                }
                Err(QueueError::NotReady) => {
                    tracing::info!("the cluster's queue is still being made");
                    NOT_READY
                }
                Err(error) => {
                    self.metrics.poll_failures.add();
                    tracing::warn!(%error, "poll failed");
                    backoff.next(self.clock.fraction())
                }
            };
            if !self.rest(pause).await {
                return;
            }
        }
    }

    async fn receive(&self, queue: &impl Queue) -> Result<Vec<Message>, QueueError> {
        self.standing.accepted().await;
        let batch = queue.receive().await?;
        self.metrics.polled(self.clock.now());
        batch.iter().for_each(|_| self.metrics.messages.add());
        Ok(batch)
    }

    async fn hand_over(&self, batch: Vec<Message>, batches: &mpsc::Sender<Vec<Message>>) -> bool {
        tokio::select! {
            biased;
            () = self.stop.wait() => false,
            sent = batches.send(batch) => sent.is_ok(),
        }
    }
}
