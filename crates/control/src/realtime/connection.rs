//! Connections: opened with a ticket, held while their authority lasts.

use jiff::Timestamp;
use switchtower_domain::{access::Caller, context::Context, id::EventId};
use switchtower_store::{Store, realtime::Connection};

use super::{CONNECTION_LIFETIME, Channel, Frame, LiveFeed, Trouble, authority, later};
use crate::{Error, call};

impl LiveFeed<Store> {
    /// Opens a connection with a ticket, which is spent; false when it is not to be opened.
    pub async fn connect(&self, context: &Context, connection: &str, ticket: &str) -> Result<bool, Error> {
        let now = context.now;
        let Some(holder) = self.table.ticket_spend(&call::sha256(ticket), now).await? else { return Ok(false) };
        let Some(authority) = authority::of(&self.table, &holder, now).await? else { return Ok(false) };
        let longest = later(now, CONNECTION_LIFETIME);
        let expires_at = authority.ends_at.map_or(longest, |end| end.min(longest));
        self.table.connection_put(&Connection { id: connection.to_owned(), holder, expires_at }).await?;
        Ok(true)
    }

    /// Forgets a connection that has ended.
    pub async fn disconnect(&self, connection: &str) -> Result<(), Error> {
        Ok(self.table.connection_remove(connection).await?)
    }

    /// Subscribes a connection to a channel, from after `since` when it is given.
    pub async fn subscribe(
        &self,
        context: &Context,
        connection: &str,
        channel: Channel,
        since: Option<EventId>,
    ) -> Result<(), Error> {
        let Some((connection, caller)) = self.known(connection, context.now).await? else { return Ok(()) };
        if let Err(denied) = caller.authorize(channel.reading()) {
            let detail = format!("The permission `{}` is needed.", denied.permission);
            let trouble = Trouble::new("permission_denied", detail).about(channel);
            return self.answer(&connection.id, &Frame::Error(trouble)).await;
        }
        let frame = self.begin(context, &connection, channel, since).await?;
        match frame {
            Some(frame) => self.answer(&connection.id, &frame).await,
            None => Ok(()),
        }
    }

    /// Ends a connection's subscription to a channel.
    pub async fn unsubscribe(&self, context: &Context, connection: &str, channel: Channel) -> Result<(), Error> {
        let Some(known) = self.table.connection(connection, context.now).await? else {
            return self.end(connection).await;
        };
        self.table.unsubscribe(known.holder.tenant_id, connection, channel.name()).await?;
        self.answer(connection, &Frame::Unsubscribed { channel: channel.name() }).await
    }

    /// Answers a ping, while the connection may be held.
    pub async fn ping(&self, context: &Context, connection: &str) -> Result<(), Error> {
        match self.known(connection, context.now).await? {
            Some(_) => self.answer(connection, &Frame::Pong).await,
            None => Ok(()),
        }
    }

    /// Sends a frame that answers a client.
    pub async fn answer(&self, connection: &str, frame: &Frame) -> Result<(), Error> {
        self.send(connection, frame.text()).await.map(drop)
    }

    /// The connection and its holder with present roles. One that may not be held any longer is told so, and ended.
    async fn known(&self, connection: &str, now: Timestamp) -> Result<Option<(Connection, Caller)>, Error> {
        let Some(known) = self.table.connection(connection, now).await? else {
            self.end(connection).await?;
            return Ok(None);
        };
        if let Some(authority) = authority::of(&self.table, &known.holder, now).await? {
            return Ok(Some((known, authority.caller)));
        }
        let detail = "The API key or the tenant that this connection was opened for is refused now.";
        self.answer(connection, &Frame::Error(Trouble::new("authority_ended", detail))).await?;
        self.end(connection).await?;
        Ok(None)
    }
}
