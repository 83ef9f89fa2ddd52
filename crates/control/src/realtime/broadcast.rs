//! The broadcast of one event to those who subscribed in its tenant.

use futures::{StreamExt, stream};
use jiff::Timestamp;
use switchtower_domain::event::Event;
use switchtower_store::{
    Store,
    realtime::{Broadcast, Phase, Subscription},
};

use super::{
    BROADCAST_KNOWN, BROADCAST_TIME, CLAIM_LIFETIME, Channel, Feed, LiveFeed, SENDS, frame, later,
    subscription::made_at,
};
use crate::Error;

/// Who sends an event on a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sender {
    /// The replay alone.
    Replay,
    /// Whoever claims it first.
    First,
    /// The broadcast alone.
    Broadcast,
}

fn sender(phase: Phase, event: &Event) -> Sender {
    match phase {
        Phase::Replaying { since } if event.id > since => Sender::Replay,
        Phase::Live { replay: Some(replay) } if event.id > replay.since => match made_at(event.id) {
            made if made <= replay.until => Sender::Replay,
            made if made <= replay.claimed_until => Sender::First,
            _ => Sender::Broadcast,
        },
        Phase::Replaying { .. } | Phase::Live { .. } => Sender::Broadcast,
    }
}

impl LiveFeed<Store> {
    /// Sends an event to those who subscribed, and ends the connections whose authority it ends.
    pub async fn publish(&self, event: &Event, now: Timestamp) -> Result<usize, Error> {
        let sent = self.broadcast(event, now).await?;
        self.end_authority(event, now).await?;
        Ok(sent)
    }
}

impl<T: Feed> LiveFeed<T> {
    /// Sends an event to those who subscribed; to how many.
    pub(super) async fn broadcast(&self, event: &Event, now: Timestamp) -> Result<usize, Error> {
        let mut due = Vec::new();
        for channel in Channel::ALL.into_iter().filter(|channel| channel.carries(&event.kind)) {
            let frame = frame::of_events(channel, [event]).concat();
            for subscription in self.table.subscribers(event.tenant_id, channel, now).await? {
                let sender = sender(subscription.phase, event);
                if sender != Sender::Replay {
                    due.push((subscription, sender, frame.clone()));
                }
            }
        }
        if due.is_empty() {
            return Ok(0);
        }
        match self.table.broadcast_begin(event, now, later(now, BROADCAST_TIME)).await? {
            Broadcast::Begun => {}
            Broadcast::Done => return Ok(0),
            // It may have died: this one is tried again until the mark says that it is done, or runs out.
            Broadcast::Running => return Err(Error::Busy),
        }
        let sends = stream::iter(due).map(|(subscription, sender, frame)| async move {
            let sent = self.broadcast_one(event, now, &subscription, sender, frame).await;
            match sent {
                Ok(sent) => sent,
                Err(error) => {
                    tracing::warn!(connection = subscription.connection, %error, "not sent on, and is ended");
                    self.close(&subscription.connection).await;
                    false
                }
            }
        });
        let sent: Vec<bool> = sends.buffer_unordered(SENDS).collect().await;
        self.table.broadcast_end(event, later(now, BROADCAST_KNOWN)).await?;
        Ok(sent.into_iter().filter(|sent| *sent).count())
    }

    async fn broadcast_one(
        &self,
        event: &Event,
        now: Timestamp,
        subscription: &Subscription,
        sender: Sender,
        frame: String,
    ) -> Result<bool, Error> {
        let ours = sender == Sender::Broadcast
            || self.table.sent_claim(subscription, event.id, later(now, CLAIM_LIFETIME)).await?;
        if !ours {
            return Ok(false);
        }
        self.send(&subscription.connection, frame).await
    }
}
