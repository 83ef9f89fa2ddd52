//! Frames to clients.

use serde::Serialize;
use serde_json::{Value, json};
use switchtower_domain::event::Event;

use super::Channel;

/// The most bytes of a frame: API Gateway takes 32 KiB.
const MOST_BYTES: usize = 31 * 1024;

/// A frame that answers a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    /// The subscription is live.
    Subscribed {
        /// The channel.
        channel: &'static str,
        /// How many missed events were sent before.
        replayed: usize,
    },
    /// The subscription has ended.
    Unsubscribed {
        /// The channel.
        channel: &'static str,
    },
    /// The answer to a ping.
    Pong,
    /// Something is wrong.
    Error(Trouble),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// A stable word.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub detail: String,
    /// The channel that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<&'static str>,
}

impl Trouble {
    /// Something is wrong with a frame.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), channel: None }
    }

    /// It is about this channel.
    #[must_use]
    pub fn about(self, channel: Channel) -> Self {
        Self { channel: Some(channel.name()), ..self }
    }
}

impl Frame {
    /// The frame as it is sent.
    pub(super) fn text(&self) -> String {
        json!(self).to_string()
    }
}

/// Puts events into as few frames as possible, in their order.
pub(super) fn of_events<'e>(channel: Channel, events: impl IntoIterator<Item = &'e Event>) -> Vec<String> {
    let mut frames = Vec::new();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for event in events {
        let (event, length) = fitting(event);
        if bytes + length > MOST_BYTES && !batch.is_empty() {
            frames.push(wrap(channel, std::mem::take(&mut batch)));
            bytes = 0;
        }
        bytes += length + 1;
        batch.push(event);
    }
    if !batch.is_empty() {
        frames.push(wrap(channel, batch));
    }
    frames
}

fn wrap(channel: Channel, events: Vec<Value>) -> String {
    json!({ "type": "events", "channel": channel.name(), "events": events }).to_string()
}

/// An event and its length; one that is too long for a frame comes without its data, and says so.
fn fitting(event: &Event) -> (Value, usize) {
    let mut value = json!(event);
    let mut length = value.to_string().len();
    if length > MOST_BYTES
        && let Some(object) = value.as_object_mut()
    {
        object.remove("data");
        object.insert("truncated".to_owned(), Value::Bool(true));
        length = value.to_string().len();
    }
    (value, length)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use switchtower_domain::{actor::Actor, id::EventId, tenant::TenantId};

    use super::*;

    fn event(number: u64, bytes: usize) -> Event {
        Event {
            id: EventId::from_parts(number, 0),
            kind: "deployment.reported".to_owned(),
            tenant_id: TenantId::nil(),
            subject: "dep".to_owned(),
            actor: Actor::System("test".to_owned()),
            at: Timestamp::UNIX_EPOCH,
            request_id: String::new(),
            cluster_id: None,
            data: json!({ "text": "x".repeat(bytes) }),
        }
    }

    fn events_of(frame: &str) -> Vec<Value> {
        serde_json::from_str::<Value>(frame).unwrap()["events"].as_array().unwrap().clone()
    }

    #[test]
    fn frames_stay_below_their_limit_and_keep_the_order() {
        let events: Vec<_> = (0..100).map(|number| event(number, 1000)).collect();
        let frames = of_events(Channel::Deployments, &events);
        assert!(frames.len() > 1 && frames.iter().all(|frame| frame.len() < 32 * 1024));
        let ids: Vec<_> = frames.iter().flat_map(|frame| events_of(frame)).map(|event| event["id"].clone()).collect();
        assert_eq!(ids, events.iter().map(|event| json!(event.id)).collect::<Vec<_>>());
    }

    #[test]
    fn an_event_too_long_for_a_frame_comes_without_its_data() {
        let frames = of_events(Channel::Events, &[event(1, 40_000), event(2, 1)]);
        let events: Vec<_> = frames.iter().flat_map(|frame| events_of(frame)).collect();
        assert_eq!((&events[0]["truncated"], events[0].get("data")), (&json!(true), None));
        assert_eq!(events[1]["data"]["text"], "x");
    }

    #[test]
    fn answers_have_their_written_form() {
        let subscribed = Frame::Subscribed { channel: "events", replayed: 2 };
        assert_eq!(json!(subscribed), json!({ "type": "subscribed", "channel": "events", "replayed": 2 }));
        assert_eq!(json!(Frame::Pong), json!({ "type": "pong" }));
        let error = Frame::Error(Trouble::new("invalid_frame", "No.").about(Channel::Events));
        assert_eq!(
            json!(error),
            json!({ "type": "error", "code": "invalid_frame", "detail": "No.", "channel": "events" })
        );
    }
}
