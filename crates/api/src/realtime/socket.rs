//! The WebSocket API: `$connect`, `$disconnect` and frames from clients.
//!
//! API Gateway drops what a function answers to a frame, so everything is told in frames of our own: a frame that cannot be
//! understood, or not now, is answered with an `error` frame, and never fails the function.

mod frame;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use switchtower_control::{
    Error,
    realtime::{Channel, Frame, LiveFeed, Trouble},
};
use switchtower_domain::context::Context;
use switchtower_store::Store;

use self::frame::ClientFrame;

/// What API Gateway tells of a connection.
#[derive(Debug, Deserialize)]
pub struct SocketEvent {
    /// Which connection, and what happened to it.
    #[serde(rename = "requestContext")]
    pub context: SocketContext,
    /// The parameters of the URL, on `$connect`.
    #[serde(default, rename = "queryStringParameters")]
    pub query: Option<HashMap<String, String>>,
    /// The frame.
    #[serde(default)]
    pub body: Option<String>,
}

/// Which connection, and what happened to it.
#[derive(Debug, Deserialize)]
pub struct SocketContext {
    /// `$connect`, `$disconnect` or `$default`.
    #[serde(rename = "routeKey")]
    pub route: String,
    /// The connection.
    #[serde(rename = "connectionId")]
    pub connection: String,
    /// The request, in API Gateway's words.
    #[serde(default, rename = "requestId")]
    pub request_id: String,
}

/// What API Gateway is answered. Only the status of `$connect` means anything.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct SocketAnswer {
    /// The HTTP status.
    #[serde(rename = "statusCode")]
    pub status: u16,
}

/// Answers what happened to a connection.
pub async fn answer(feed: &LiveFeed<Store>, context: &Context, event: SocketEvent) -> Result<SocketAnswer, Error> {
    let connection = event.context.connection.as_str();
    match event.context.route.as_str() {
        "$connect" => {
            let ticket = event.query.as_ref().and_then(|query| query.get("ticket"));
            let opened = match ticket {
                Some(ticket) => feed.connect(context, connection, ticket).await?,
                None => false,
            };
            return Ok(SocketAnswer { status: if opened { 200 } else { 401 } });
        }
        "$disconnect" => feed.disconnect(connection).await?,
        _ => {
            let result = match frame::parse(event.body.as_deref().unwrap_or_default()) {
                Ok(frame) => act(feed, context, connection, frame).await,
                Err(detail) => feed.answer(connection, &trouble("invalid_frame", detail)).await,
            };
            if let Err(error) = result {
                tracing::error!(%error, "a frame could not be answered");
                let detail = "Try again in a moment. Subscriptions may have been lost: subscribe again.";
                feed.answer(connection, &trouble("unavailable", detail)).await?;
            }
        }
    }
    Ok(SocketAnswer { status: 200 })
}

async fn act(feed: &LiveFeed<Store>, context: &Context, connection: &str, frame: ClientFrame) -> Result<(), Error> {
    match frame {
        ClientFrame::Ping {} => feed.ping(context, connection).await,
        ClientFrame::Subscribe { channel, since } => {
            match (known(&channel), since.map(|since| since.parse()).transpose()) {
                (Ok(channel), Ok(since)) => feed.subscribe(context, connection, channel, since).await,
                (Err(trouble), _) => feed.answer(connection, &trouble).await,
                (_, Err(_)) => {
                    let detail = "`since` is the id of an event, `evt_…`.";
                    feed.answer(connection, &trouble("invalid_frame", detail)).await
                }
            }
        }
        ClientFrame::Unsubscribe { channel } => match known(&channel) {
            Ok(channel) => feed.unsubscribe(context, connection, channel).await,
            Err(trouble) => feed.answer(connection, &trouble).await,
        },
    }
}

fn known(channel: &str) -> Result<Channel, Frame> {
    channel.parse().map_err(|_| {
        let names = Channel::ALL.map(Channel::name).join("`, `");
        trouble("unknown_channel", format!("The channels are `{names}`."))
    })
}

fn trouble(code: &'static str, detail: impl Into<String>) -> Frame {
    Frame::Error(Trouble::new(code, detail))
}
