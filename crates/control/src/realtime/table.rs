//! The rows that replay and broadcast share.

use std::future::Future;

use jiff::Timestamp;
use switchtower_domain::{event::Event, id::EventId, tenant::TenantId};
use switchtower_store::{
    Store,
    realtime::{Broadcast, Subscription},
};

use super::Channel;
use crate::Error;

/// The rows that replay and broadcast share. What is read is what was last written.
pub trait Feed: Send + Sync {
    /// A tenant's events after one of them, in the order of their ids, at most `most`.
    fn events_since(
        &self,
        tenant: TenantId,
        since: EventId,
        now: Timestamp,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Event>, Error>> + Send;

    /// Writes a subscription, in the place of an earlier one; false when the connection is gone.
    fn subscribe(&self, subscription: &Subscription) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Gives a subscription another phase; false when it is gone or another took its place.
    fn subscription_enter(&self, subscription: &Subscription) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Ends a subscription.
    fn unsubscribe(&self, subscription: &Subscription) -> impl Future<Output = Result<(), Error>> + Send;

    /// The subscriptions to a tenant's channel.
    fn subscribers(
        &self,
        tenant: TenantId,
        channel: Channel,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Subscription>, Error>> + Send;

    /// Claims the sending of an event on a subscription; false when it was claimed before.
    fn sent_claim(
        &self,
        subscription: &Subscription,
        event: EventId,
        until: Timestamp,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Begins the broadcast of an event, which may take until `until`.
    fn broadcast_begin(
        &self,
        event: &Event,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Broadcast, Error>> + Send;

    /// Takes note that an event went out.
    fn broadcast_end(&self, event: &Event, until: Timestamp) -> impl Future<Output = Result<(), Error>> + Send;

    /// Forgets a connection and its subscriptions.
    fn connection_remove(&self, id: &str) -> impl Future<Output = Result<(), Error>> + Send;
}

impl Feed for Store {
    async fn events_since(
        &self,
        tenant: TenantId,
        since: EventId,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Event>, Error> {
        Ok(Store::events_since(self, tenant, since, now, most).await?)
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<bool, Error> {
        Ok(Store::subscribe(self, subscription).await?)
    }

    async fn subscription_enter(&self, subscription: &Subscription) -> Result<bool, Error> {
        Ok(Store::subscription_enter(self, subscription).await?)
    }

    async fn unsubscribe(&self, subscription: &Subscription) -> Result<(), Error> {
        let Subscription { tenant_id, connection, channel, .. } = subscription;
        Ok(Store::unsubscribe(self, *tenant_id, connection, channel).await?)
    }

    async fn subscribers(
        &self,
        tenant: TenantId,
        channel: Channel,
        now: Timestamp,
    ) -> Result<Vec<Subscription>, Error> {
        Ok(Store::subscribers(self, tenant, channel.name(), now).await?)
    }

    async fn sent_claim(&self, subscription: &Subscription, event: EventId, until: Timestamp) -> Result<bool, Error> {
        Ok(Store::sent_claim(self, subscription, event, until).await?)
    }

    async fn broadcast_begin(&self, event: &Event, now: Timestamp, until: Timestamp) -> Result<Broadcast, Error> {
        Ok(Store::broadcast_begin(self, event.tenant_id, event.id, now, until).await?)
    }

    async fn broadcast_end(&self, event: &Event, until: Timestamp) -> Result<(), Error> {
        Ok(Store::broadcast_end(self, event.tenant_id, event.id, until).await?)
    }

    async fn connection_remove(&self, id: &str) -> Result<(), Error> {
        Ok(Store::connection_remove(self, id).await?)
    }
}
