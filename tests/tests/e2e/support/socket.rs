//! A client of the live feed.

use std::{collections::VecDeque, time::Duration};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::Caller;

/// An open connection.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    events: VecDeque<Value>,
}

/// The address that a new ticket opens.
pub(crate) async fn ticket(caller: &Caller) -> String {
    let answer = caller.act("/v1/realtime/tickets").await.ok();
    let (url, ticket) = (answer.text("/url"), answer.text("/ticket"));
    if url.contains(&ticket) { url } else { format!("{url}?ticket={ticket}") }
}

impl Socket {
    /// Connects with a new ticket.
    pub(crate) async fn connect(caller: &Caller) -> Self {
        Self::open(&ticket(caller).await).await.expect("the ticket opens a socket")
    }

    /// Connects to an address.
    pub(crate) async fn open(url: &str) -> Result<Self, String> {
        let (stream, _) = connect_async(url).await.map_err(|error| error.to_string())?;
        Ok(Self { stream, events: VecDeque::new() })
    }

    /// Connects and subscribes to a channel.
    pub(crate) async fn subscribed(caller: &Caller, channel: &str, since: Option<&str>) -> Self {
        let mut socket = Self::connect(caller).await;
        socket.subscribe(channel, since).await;
        socket
    }

    /// Subscribes to a channel, and waits until that is confirmed. Events that arrive before are kept.
    pub(crate) async fn subscribe(&mut self, channel: &str, since: Option<&str>) {
        let mut frame = json!({ "action": "subscribe", "channel": channel });
        if let Some(since) = since {
            frame["since"] = since.into();
        }
        self.say(&frame).await;
        loop {
            let frame = self.frame(20).await.expect("an answer to the subscription");
            assert_ne!(frame["type"], "error", "{frame}");
            if frame["type"] == "subscribed" && frame["channel"] == channel {
                return;
            }
        }
    }

    /// Sends a frame.
    pub(crate) async fn say(&mut self, frame: &Value) {
        self.stream.send(Message::text(frame.to_string())).await.expect("the socket is open");
    }

    /// The next event; `None` when there is none in time.
    pub(crate) async fn event(&mut self, seconds: u64) -> Option<Value> {
        while self.events.is_empty() {
            self.frame(seconds).await?;
        }
        self.events.pop_front()
    }

    /// All events up to one, which is the last of them.
    pub(crate) async fn events_until(&mut self, seconds: u64, last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let Some(event) = self.event(seconds).await else {
                panic!("the awaited event did not arrive within {seconds} s of these: {events:#?}");
            };
            let done = last(&event);
            events.push(event);
            if done {
                return events;
            }
        }
    }

    /// The next frame that is no ping; its events, if any, are kept as well.
    pub(crate) async fn frame(&mut self, seconds: u64) -> Option<Value> {
        loop {
            let message = timeout(Duration::from_secs(seconds), self.stream.next()).await.ok()??;
            let Ok(Message::Text(text)) = message else { continue };
            let frame: Value = serde_json::from_str(&text).expect("frames are JSON");
            if frame["event"].is_object() {
                self.events.push_back(frame["event"].clone());
            }
            self.events.extend(frame["events"].as_array().into_iter().flatten().cloned());
            return Some(frame);
        }
    }
}
