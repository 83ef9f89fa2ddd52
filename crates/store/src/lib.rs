//! The single table: the only crate that knows DynamoDB.
//!
//! Every item has `pk`, `sk`, `kind`, `tenant_id` and `schema`; what it says stands in `doc`. Two sparse indexes serve
//! listings under something else than the tenant (`gsi1`) and what is due at some time (`gsi2`). `expires_at` is the TTL,
//! and every read compares it as well, because DynamoDB deletes late.
//!
//! ```text
//!   T#<tenant>#<kind>      <id>            a resource             gsi1: T#<tenant>#<kind>#<group> / <id>
//!   T#<tenant>#NAME#<kind> <name>          the claim on its name; on a product and environment, for `rollout_claim`
//!   C#<cluster>            DEP#<id>        a deployment           gsi1: T#<tenant>#deployment#all / <id>
//!   C#<cluster>            VERSION         how often the cluster's desired state changed
//!   C#<cluster>            PLACE           the bus that holds its rule
//!   C#<cluster>            LIVE#<agent>    an agent's last heartbeat   gsi2: WATCH#liveness / <time>#<agent>
//!   <deployment>           GEN#<n>         a generation: who, when, why
//!   <deployment>           SNAP#<n>#<i>    its snapshot, compressed, in parts
//!   <api service>          DEF#<i>         its routes and backends, compressed, in parts
//!   T#<tenant>#EVENT#<day> <event>         the log                gsi1: T#<tenant>#SUBJECT#<id> / <event>
//!                                                                 gsi2: OUTBOX / <event>, until it is relayed
//!   <id>                   REF#<user>      that another resource needs it
//!   <id>                   REFS            how many do: a resource with any cannot be deleted
//!   <id>                   AUTH            what a key, agent, token or tenant is checked against
//!   <publish>              OFFER           what customers may subscribe to      gsi1: MARKET, when everybody may
//!   <publish>              SUBSCRIBED#<t>  that a tenant has a subscription to it
//!   T#<t>#SHARED#<kind>    <id>            whose resource it is that is shared with the tenant
//!   TICKET#<digest>        TICKET          a ticket for the live feed, until it is spent
//!   CON#<connection>       CONNECTION      a connection, with the names of its channels
//!   CON#<connection>       SENT#<ch>#<evt> that an event is sent on it, around the end of a replay
//!   T#<tenant>#CHANNEL#<ch> <connection>   a subscription
//!   BROADCAST#<event>      BROADCAST       that the event went to those who subscribed
//!   SYSTEM#BUS             <n>             how many clusters have a place on a bus
//!   USE#<deployment>       H#<hour>#<agent>#<run>  what a run of an agent counted in an hour: slots and clients
//!   USE#<deployment>       D#<day>#<agent>#<run>   the same of a day, hour by hour
//! ```
//!
//! All keys are made in [`key`]; the delimiter is written nowhere else, and a golden file pins them, since changing one is a
//! data migration. There is no Scan. Writes go through one [`commit`], which takes the proof of authorization, the changes
//! and their events, and writes them in one transaction.

pub mod auth;
pub mod blob;
pub mod commit;
pub mod cursor;
pub mod error;
pub mod event;
pub mod idempotency;
pub mod item;
pub mod key;
pub mod live;
pub mod market;
pub mod place;
pub mod read;
pub mod realtime;
pub mod usage;

use aws_sdk_dynamodb::Client;

pub use self::{
    commit::Commit,
    cursor::{CursorKey, Listed, Page},
    error::StoreError,
    key::Key,
};

/// The table.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// The table of that name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Opens the connection, so that the first request does not wait for it. A failure is left to that request.
    pub async fn warm(&self) {
        let key = Key::Auth { id: "warm" };
        if let Err(error) = self.get_item(&key).await {
            tracing::debug!(%error, "the connection could not be opened early");
        }
    }
}
