//! Rows of the live feed: tickets, connections, subscriptions, and what is being sent.

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    types::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use switchtower_domain::{actor::Actor, id::EventId, role::Role, tenant::TenantId};

use crate::{
    Store,
    error::StoreError,
    item::{self, Item},
    key::{self, Key},
    place::unbuilt,
    read::Range,
};

/// For whom a ticket was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The caller.
    pub actor: Actor,
    /// What the caller may do in the tenant.
    pub roles: Vec<Role>,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id, as API Gateway gave it.
    pub id: String,
    /// Whose ticket it was opened with.
    #[serde(flatten)]
    pub holder: Ticket,
    /// From when nothing is sent on it.
    pub expires_at: Timestamp,
}

/// A connection's subscription to a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The connection.
    pub connection: String,
    /// The channel.
    pub channel: String,
    /// The tenant whose events it gets.
    pub tenant_id: TenantId,
    /// Who listens.
    pub actor: Actor,
    /// Tells this subscription from one that takes its place.
    pub version: String,
    /// From when nothing is sent on it.
    pub expires_at: Timestamp,
    /// Who sends on it.
    pub phase: Phase,
}

/// Who sends on a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Phase {
    /// The replay, of events after this one.
    Replaying {
        /// The last event that the client knows.
        since: EventId,
    },
    /// The broadcast.
    Live {
        /// What was replayed before, when anything was.
        replay: Option<Replay>,
    },
}

/// What a replay has sent, as far as the broadcast must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// It sent events after this one.
    pub since: EventId,
    /// It sent every one that was made up to then.
    pub until: Timestamp,
    /// It may have sent those that were made up to then: each is claimed before it is sent.
    pub claimed_until: Timestamp,
}

/// How far the broadcast of an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Broadcast {
    /// It begins now, and is the caller's.
    Begun,
    /// Another one runs, or died and has not run out.
    Running,
    /// It went out.
    Done,
}

impl Store {
    /// Writes a ticket, by the digest of its secret.
    pub async fn ticket_put(&self, digest: &str, ticket: &Ticket, expires_at: Timestamp) -> Result<(), StoreError> {
        let row = item::item(&Key::Ticket { digest }, "ticket", ticket.tenant_id, ticket)?;
        self.put_if_absent(item::expiring(row, expires_at)).await.map(drop)
    }

    /// Spends a ticket: it is gone, and only one caller learns what it said.
    pub async fn ticket_spend(&self, digest: &str, now: Timestamp) -> Result<Option<Ticket>, StoreError> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete.set_key(Some(Key::Ticket { digest }.values().into())).return_values(ReturnValue::AllOld);
        let output = delete.send().await.map_err(StoreError::from_sdk)?;
        let row = output.attributes.filter(|row| !row.is_empty() && !item::is_expired(row, now));
        row.map(item::doc).transpose()
    }

    /// Writes a connection.
    pub async fn connection_put(&self, connection: &Connection) -> Result<(), StoreError> {
        let tenant = connection.holder.tenant_id;
        let row = item::item(&Key::Connection { id: &connection.id }, "connection", tenant, connection)?;
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(item::expiring(row, connection.expires_at)));
        put.send().await.map(drop).map_err(StoreError::from_sdk)
    }

    /// A connection that has not run out.
    pub async fn connection(&self, id: &str, now: Timestamp) -> Result<Option<Connection>, StoreError> {
        let row = self.get_item(&Key::Connection { id }).await?;
        row.filter(|row| !item::is_expired(row, now)).map(item::doc).transpose()
    }

    /// Forgets a connection and its subscriptions.
    pub async fn connection_remove(&self, id: &str) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete.set_key(Some(Key::Connection { id }.values().into())).return_values(ReturnValue::AllOld);
        let Some(row) = delete.send().await.map_err(StoreError::from_sdk)?.attributes else { return Ok(()) };
        let channels = row.get("channels").and_then(|value| value.as_ss().ok()).cloned().unwrap_or_default();
        let connection: Connection = item::doc(row)?;
        let tenant = connection.holder.tenant_id;
        for channel in &channels {
            self.remove_row(&Key::Subscriber { tenant, channel, connection: id }).await?;
        }
        Ok(())
    }

    /// Writes a subscription, in the place of an earlier one to the same channel; false when the connection is gone.
    pub async fn subscribe(&self, subscription: &Subscription) -> Result<bool, StoreError> {
        let row = subscription_row(subscription)?;
        let put = Put::builder().table_name(&self.table).set_item(Some(row)).build();
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::Connection { id: &subscription.connection }.values().into()))
            .update_expression("ADD channels :channel")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":channel", AttributeValue::Ss(vec![subscription.channel.clone()]));
        let rows = [
            TransactWriteItem::builder().put(put.map_err(unbuilt)?).build(),
            TransactWriteItem::builder().update(update.build().map_err(unbuilt)?).build(),
        ];
        self.both_or_neither(rows).await
    }

    /// Gives a subscription another phase; false when it is gone or another took its place.
    pub async fn subscription_enter(&self, subscription: &Subscription) -> Result<bool, StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(subscription_row(subscription)?));
        let put = put
            .condition_expression("doc.version = :version")
            .expression_attribute_values(":version", AttributeValue::S(subscription.version.clone()));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Ends a connection's subscription to a channel.
    pub async fn unsubscribe(&self, tenant: TenantId, connection: &str, channel: &str) -> Result<(), StoreError> {
        self.remove_row(&Key::Subscriber { tenant, channel, connection }).await?;
        let update = self.client.update_item().table_name(&self.table);
        let update = update
            .set_key(Some(Key::Connection { id: connection }.values().into()))
            .update_expression("DELETE channels :channel")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":channel", AttributeValue::Ss(vec![channel.to_owned()]));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// The subscriptions to a tenant's channel that have not run out, read consistently.
    pub async fn subscribers(
        &self,
        tenant: TenantId,
        channel: &str,
        now: Timestamp,
    ) -> Result<Vec<Subscription>, StoreError> {
        let rows = self.query(&Range::table(key::channel_partition(tenant, channel)), None, usize::MAX).await?;
        rows.into_iter().filter(|row| !item::is_expired(row, now)).map(item::doc).collect()
    }

    /// Claims the sending of an event on a subscription; false when it was claimed before.
    pub async fn sent_claim(
        &self,
        subscription: &Subscription,
        event: EventId,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = Key::Sent { connection: &subscription.connection, channel: &subscription.channel, event };
        let row = item::item(&key, "sent", subscription.tenant_id, &event)?;
        self.put_if_absent(item::expiring(row, until)).await
    }

    /// Begins the broadcast of an event, which may take until `until`.
    pub async fn broadcast_begin(
        &self,
        tenant: TenantId,
        event: EventId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Broadcast, StoreError> {
        let key = Key::Broadcast { event };
        let row = item::expiring(item::item(&key, "broadcast", tenant, &Broadcast::Running)?, until);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        let put = put
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()));
        match put.send().await {
            Ok(_) => Ok(Broadcast::Begun),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => {
                Ok(self.get_doc(&key).await?.unwrap_or(Broadcast::Running))
            }
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Takes note that an event went out; it is known until `until`.
    pub async fn broadcast_end(&self, tenant: TenantId, event: EventId, until: Timestamp) -> Result<(), StoreError> {
        let row = item::item(&Key::Broadcast { event }, "broadcast", tenant, &Broadcast::Done)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item::expiring(row, until)));
        put.send().await.map(drop).map_err(StoreError::from_sdk)
    }

    async fn remove_row(&self, key: &Key<'_>) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key.values().into()));
        delete.send().await.map(drop).map_err(StoreError::from_sdk)
    }
}

fn subscription_row(subscription: &Subscription) -> Result<Item, StoreError> {
    let Subscription { tenant_id: tenant, channel, connection, .. } = subscription;
    let key = Key::Subscriber { tenant: *tenant, channel, connection };
    let row = item::item(&key, "subscription", *tenant, subscription)?;
    Ok(item::expiring(row, subscription.expires_at))
}
