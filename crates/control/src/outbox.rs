//! The outbox: committed events go to the buses, and are marked once they are there.
//!
//! ```text
//!   commit --> table --stream--> relay --+--> the main bus          for everyone who listens
//!                |                       +--> the cluster's bus     a doorbell, when the event rings
//!                |                       +--> mark: out of the outbox
//!                +--each minute--> sweep: the same, for what was not marked within a minute
//! ```
//!
//! Publishing comes before marking, so that an event may be published twice but is never lost; who listens goes by its id.
//! The stream gives up on a record after some tries, and its failure queue holds positions only: it is the sweep that
//! recovers the event.

mod publish;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use switchtower_domain::{
    cluster::{Cluster, ClusterId},
    event::Event,
};
use switchtower_protocol::doorbell::Doorbell;
use switchtower_store::{Store, StoreError, event::Unrelayed};

use self::publish::Parcel;
use crate::{
    Error,
    ports::{BusEntry, EventBus},
};

/// How long the relay has before the sweep takes over.
const RELAY_TIME: SignedDuration = SignedDuration::from_secs(60);
/// The most events of one sweep.
const SWEEP_MOST: usize = 1000;
/// How many events are marked at the same time.
const MARKS: usize = 16;
/// The most clusters whose bus is remembered.
const REMEMBERED: usize = 10_000;

/// Hands events from the table to the buses.
pub struct Outbox {
    store: Store,
    bus: Arc<dyn EventBus>,
    buses: Mutex<HashMap<ClusterId, String>>,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Events that were published.
    pub published: usize,
    /// Events that the buses did not take; the next sweep tries again.
    pub failed: usize,
    /// Rows that are no events, which stay for somebody to look at.
    pub unreadable: usize,
}

impl Outbox {
    /// Hands the events of this table to these buses.
    pub fn new(store: Store, bus: Arc<dyn EventBus>) -> Self {
        Self { store, bus, buses: Mutex::default() }
    }

    /// Publishes events and marks them; tells for each whether it was published.
    pub async fn relay(&self, events: Vec<Unrelayed>) -> Vec<bool> {
        let parcels = stream::iter(events).map(|event| self.parcel(event)).buffered(MARKS);
        let (events, parcels): (Vec<Event>, Vec<Option<Parcel>>) = parcels.unzip().await;
        let published = publish::all(self.bus.as_ref(), &parcels).await;
        let done: Vec<Event> =
            events.into_iter().zip(&published).filter_map(|(event, published)| published.then_some(event)).collect();
        stream::iter(done).map(|event| self.mark(event)).buffer_unordered(MARKS).collect::<Vec<()>>().await;
        published
    }

    /// Takes an event out of the outbox.
    async fn mark(&self, event: Event) {
        if let Err(error) = self.store.event_relayed(&event).await {
            // The sweep publishes it once more, which is harmless.
            tracing::warn!(event = %event.id, %error, "a published event could not be marked");
        }
    }

    /// Publishes what was not marked in time.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, Error> {
        let before = now.saturating_sub(RELAY_TIME).unwrap_or(now);
        let outbox = self.store.events_unrelayed(before, SWEEP_MOST).await?;
        for error in &outbox.unreadable {
            tracing::error!(error = error as &dyn std::error::Error, "a row of the outbox cannot be read");
        }
        let found = outbox.events.len();
        let published = self.relay(outbox.events).await.into_iter().filter(|published| *published).count();
        Ok(Swept { published, failed: found.saturating_sub(published), unreadable: outbox.unreadable.len() })
    }

    /// What is to be put on the buses for an event; nothing when that cannot be told now.
    async fn parcel(&self, unrelayed: Unrelayed) -> (Event, Option<Parcel>) {
        let Unrelayed { event, rings } = unrelayed;
        let ring = if rings { self.ring(&event).await } else { Ok(None) };
        let parcel = match ring {
            Ok(ring) => Some([BusEntry::Event(event.clone())].into_iter().chain(ring).collect()),
            Err(error) => {
                tracing::warn!(event = %event.id, %error, "the bus of a cluster could not be looked up");
                None
            }
        };
        (event, parcel)
    }

    /// The doorbell of an event. None without a queue: the agent that will poll it lists everything first.
    async fn ring(&self, event: &Event) -> Result<Option<BusEntry>, StoreError> {
        let (Some(cluster_id), Ok(deployment_id)) = (event.cluster_id, event.subject.parse()) else { return Ok(None) };
        let known = self.buses.lock().unwrap_or_else(PoisonError::into_inner).get(&cluster_id).cloned();
        let bus = match known {
            Some(bus) => Some(bus),
            None => {
                let cluster = self.store.get::<Cluster>(event.tenant_id, cluster_id).await?;
                cluster.and_then(|cluster| cluster.body.channel).map(|channel| self.remember(cluster_id, channel.bus))
            }
        };
        Ok(bus.map(|bus| BusEntry::Ring { bus, doorbell: Doorbell { cluster_id, deployment_id } }))
    }

    /// Remembers a cluster's bus, which never changes.
    fn remember(&self, cluster: ClusterId, bus: String) -> String {
        let mut buses = self.buses.lock().unwrap_or_else(PoisonError::into_inner);
        if buses.len() >= REMEMBERED {
            buses.clear();
        }
        buses.insert(cluster, bus.clone());
        bus
    }
}
