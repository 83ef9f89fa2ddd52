//! Subscriptions: at once, or after a replay of what was missed.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use switchtower_domain::{
    context::Context,
    event::Event,
    id::{EventId, EventMarker},
};
use switchtower_store::realtime::{Connection, Phase, Replay, Subscription};

use super::{
    CLAIM_LIFETIME, Channel, Feed, Frame, LATE, LiveFeed, MOST_REPLAYED, OLDEST_REPLAY, SENDS, Trouble, WINDOW,
    earlier, frame, later,
};
use crate::Error;

impl<T: Feed> LiveFeed<T> {
    /// Begins a subscription; tells what to answer, unless the connection is gone or has asked for something else meanwhile.
    pub(super) async fn begin(
        &self,
        context: &Context,
        connection: &Connection,
        channel: Channel,
        since: Option<EventId>,
    ) -> Result<Option<Frame>, Error> {
        let mut subscription = Subscription {
            connection: connection.id.clone(),
            channel: channel.name().to_owned(),
            tenant_id: connection.holder.tenant_id,
            actor: connection.holder.actor.clone(),
            version: context.id::<EventMarker>().suffix(),
            expires_at: connection.expires_at,
            phase: since.map_or(Phase::Live { replay: None }, |since| Phase::Replaying { since }),
        };
        if !self.table.subscribe(&subscription).await? {
            return Ok(None);
        }
        match since {
            Some(since) => self.replay(context.now, &mut subscription, channel, since).await,
            None => Ok(Some(Frame::Subscribed { channel: channel.name(), replayed: 0 })),
        }
    }

    /// Sends what was missed, and hands the subscription over to the broadcast.
    async fn replay(
        &self,
        now: Timestamp,
        subscription: &mut Subscription,
        channel: Channel,
        since: EventId,
    ) -> Result<Option<Frame>, Error> {
        let tenant = subscription.tenant_id;
        let replay = Replay { since, until: earlier(now, LATE), claimed_until: later(now, WINDOW) };
        let Some(missed) = self.missed(now, subscription, since).await? else {
            self.table.unsubscribe(subscription).await?;
            return Ok(Some(Frame::Error(too_long(channel))));
        };
        let known: HashSet<EventId> = missed.iter().map(|event| event.id).collect();
        let Some(first) = self.deliver(now, subscription, channel, missed, replay.until).await? else {
            return Ok(None);
        };
        subscription.phase = Phase::Live { replay: Some(replay) };
        if !self.table.subscription_enter(subscription).await? {
            return Ok(None);
        }
        let mut after = since.max(EventId::floor(u64::try_from(replay.until.as_millisecond()).unwrap_or_default()));
        let mut replayed = first;
        loop {
            let page = self.table.events_since(tenant, after, replay.claimed_until, MOST_REPLAYED).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            let fresh = page.into_iter().filter(|event| !known.contains(&event.id)).collect();
            let Some(sent) = self.deliver(now, subscription, channel, fresh, replay.until).await? else {
                return Ok(None);
            };
            replayed += sent;
        }
        Ok(Some(Frame::Subscribed { channel: channel.name(), replayed }))
    }

    /// What the log has after `since`; nothing when that is too much.
    async fn missed(
        &self,
        now: Timestamp,
        subscription: &Subscription,
        since: EventId,
    ) -> Result<Option<Vec<Event>>, Error> {
        if made_at(since) < earlier(now, OLDEST_REPLAY) {
            return Ok(None);
        }
        let most = MOST_REPLAYED + 1;
        let missed = self.table.events_since(subscription.tenant_id, since, later(now, WINDOW), most).await?;
        Ok((missed.len() < most).then_some(missed))
    }

    /// Sends events of the channel, claiming those that the broadcast may send as well; how many, unless the connection is gone.
    async fn deliver(
        &self,
        now: Timestamp,
        subscription: &Subscription,
        channel: Channel,
        events: Vec<Event>,
        unclaimed: Timestamp,
    ) -> Result<Option<usize>, Error> {
        let carried = events.into_iter().filter(|event| channel.carries(&event.kind)).collect::<Vec<_>>();
        let claims = stream::iter(carried).map(|event| async move {
            let ours = made_at(event.id) <= unclaimed
                || self.table.sent_claim(subscription, event.id, later(now, CLAIM_LIFETIME)).await?;
            Ok::<_, Error>(ours.then_some(event))
        });
        let ours: Vec<Option<Event>> = claims.buffered(SENDS).try_collect().await?;
        let ours: Vec<Event> = ours.into_iter().flatten().collect();
        for frame in frame::of_events(channel, &ours) {
            if !self.send(&subscription.connection, frame).await? {
                return Ok(None);
            }
        }
        Ok(Some(ours.len()))
    }
}

/// When an event's id was made.
pub(super) fn made_at(event: EventId) -> Timestamp {
    i64::try_from(event.timestamp_ms())
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}

fn too_long(channel: Channel) -> Trouble {
    let detail = format!(
        "More than {MOST_REPLAYED} events, or seven days, have passed since then. List them at `/v1/admin/events`, and \
         subscribe since the newest."
    );
    Trouble::new("replay_too_long", detail).about(channel)
}
