//! The live feed: events on WebSocket connections.
//!
//! ```text
//!   POST ticket --> $connect spends it --> subscribe --replay--> frames      (the socket function)
//!                                             |                    ^
//!                                             v                    |
//!   event bus --> broadcast --> subscribers of the tenant's channels          (the broadcast function)
//! ```
//!
//! # A replay without gap or duplicate
//!
//! A client comes back with the last event that it knows, `since`. What it missed is sent from the log, and then the broadcast
//! goes on. The two functions know nothing of each other but the subscription's row, the log, and claims:
//!
//! 1. The row is written as `replaying`. The broadcast passes it over.
//! 2. The log after `since` is read consistently, and sent in order.
//! 3. The row becomes `live`. From here on the broadcast sends.
//! 4. The log is read once more, and what is new is sent.
//!
//! *No gap.* An event is committed before it is broadcast. If it was committed before the reading of step 4, that reading (or
//! the one of step 2) has it. If it was committed later, its broadcast begins later still, reads the row consistently, and
//! finds it `live`.
//!
//! *No duplicate.* An event committed around step 3 may be found by step 4 and by its broadcast, and a broadcast may come very
//! late, for an event that step 2 has sent long ago. The row says what is possible:
//!
//! ```text
//!   made at   since          now - LATE                    now + WINDOW
//!   ------------|----------------|------------ now -------------|------------>  time in the event's id
//!    broadcast  |   replay only  |   whoever claims it first    |  broadcast
//! ```
//!
//! An id is made when a request begins, and its event is committed when it ends: at most [`LATE`] later. So by the reading of
//! step 2 every event made before `now - LATE` is in the log: the replay has sent it, and the broadcast leaves it alone. The
//! readings end before `now + WINDOW`, since the function is stopped by then: what was made later is the broadcast's. In
//! between, whoever writes the claim for this event on this subscription first sends it. For the same reason step 4 reads
//! from `now - LATE` on, and not from the last id that was sent: an event with a smaller id may be committed later.
//!
//! The same event may be broadcast twice (the bus delivers at least once). A mark for each event lets only one broadcast run.
//! Were it to die half-way, its mark runs out, and the next try sends again what is not claimed: then, and only then, an id
//! may come twice.
//!
//! *What cannot be sent* ends the connection: its client comes back with its last id, and a gap closes itself. An event that
//! was still being committed when the client left, with an id below the last one that it saw, is the one that nobody sends:
//! `since` means ids after it.
//!
//! # Authority
//!
//! A connection lives two hours at most, and no longer than its API key. Whether key and tenant still work is read at each
//! `subscribe` and `ping`; and when a key is revoked or rotated, or a tenant suspended, the broadcast of that very event ends
//! the connections. A user's roles are those of the ticket, as they would be those of the token.

mod authority;
mod broadcast;
mod channel;
mod connection;
mod frame;
mod subscription;
mod table;
#[cfg(test)]
mod tests;
mod ticket;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use self::{
    channel::{Channel, UnknownChannel},
    frame::{Frame, Trouble},
    table::Feed,
    ticket::IssuedTicket,
};
use crate::{
    Error,
    ports::{Delivery, Sockets},
};

/// How long a ticket works.
const TICKET_LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// How long a connection lives, as API Gateway has it.
const CONNECTION_LIFETIME: SignedDuration = SignedDuration::from_hours(2);
/// How long after its id was made an event may be committed: above every function's timeout.
const LATE: SignedDuration = SignedDuration::from_secs(65);
/// How long after its begin a replay may read: above the function's timeout.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// How long claims are kept: above the lifetime of a broadcast that is tried again.
const CLAIM_LIFETIME: SignedDuration = SignedDuration::from_mins(30);
/// The most events of a replay.
const MOST_REPLAYED: usize = 1000;
/// How long ago a replay may begin.
const OLDEST_REPLAY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many connections are sent on at the same time.
const SENDS: usize = 50;
/// How long a broadcast may take: above its function's timeout.
const BROADCAST_TIME: SignedDuration = SignedDuration::from_secs(65);
/// How long it is known that an event went out.
const BROADCAST_KNOWN: SignedDuration = SignedDuration::from_hours(24);

/// The live feed.
pub struct LiveFeed<T> {
    table: T,
    sockets: Arc<dyn Sockets>,
}

impl<T: Feed> LiveFeed<T> {
    /// Works by this table, through these connections.
    pub fn new(table: T, sockets: Arc<dyn Sockets>) -> Self {
        Self { table, sockets }
    }

    /// Sends a frame; false when the connection is gone. One that cannot be sent on is ended, so that its client comes back.
    async fn send(&self, connection: &str, frame: String) -> Result<bool, Error> {
        match self.sockets.send(connection, frame).await {
            Ok(Delivery::Taken) => return Ok(true),
            Ok(Delivery::Gone) => {}
            Err(error) => {
                tracing::warn!(connection, %error, "a connection could not be sent on, and is ended");
                self.close(connection).await;
            }
        }
        self.table.connection_remove(connection).await?;
        Ok(false)
    }

    /// Ends a connection and forgets it.
    async fn end(&self, connection: &str) -> Result<(), Error> {
        self.close(connection).await;
        self.table.connection_remove(connection).await
    }

    async fn close(&self, connection: &str) {
        if let Err(error) = self.sockets.close(connection).await {
            tracing::warn!(connection, %error, "a connection could not be ended");
        }
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
