//! The live feed, run by WebSocket connections and by every event of the bus.

use std::{error::Error, process::ExitCode, sync::Arc};

use jiff::Timestamp;
use serde::Deserialize;
use switchtower_api::{Api, realtime};
use switchtower_control::realtime::LiveFeed;
use switchtower_domain::event::Event;
use switchtower_store::Store;

use crate::{
    Host,
    config::{ConfigError, required},
    serve,
    sockets::Connections,
};

/// An event, as the bus delivers it.
#[derive(Debug, Deserialize)]
struct Delivered {
    detail: Event,
}

/// Tells the routers where browsers open the live feed.
pub fn equip(_: &Host, api: Api) -> Result<Api, Box<dyn Error + Send + Sync>> {
    Ok(Api { websocket_url: Some(required("WEBSOCKET_URL")?), ..api })
}

/// Serves the WebSocket connections.
pub fn socket() -> ExitCode {
    serve::events("realtime-socket", |host| {
        let feed = Arc::new(feed(host)?);
        Ok(move |event: realtime::socket::SocketEvent| {
            let feed = feed.clone();
            async move {
                let (route, connection) = (event.context.route.clone(), event.context.connection.clone());
                let context = Host::context(event.context.request_id.as_str());
                let answer = realtime::socket::answer(&feed, &context, event).await?;
                tracing::info!(route, connection, request_id = context.request_id, status = answer.status, "answered");
                Ok(answer)
            }
        })
    })
}

/// Serves the events of the bus.
pub fn broadcast() -> ExitCode {
    serve::events("realtime-broadcast", |host| {
        let feed = Arc::new(feed(host)?);
        Ok(move |delivered: Delivered| {
            let feed = feed.clone();
            async move {
                let event = delivered.detail;
                let sent = feed.publish(&event, Timestamp::now()).await?;
                tracing::info!(event = %event.id, request_id = event.request_id, sent, "broadcast");
                Ok(sent)
            }
        })
    })
}

fn feed(host: &Host) -> Result<LiveFeed<Store>, ConfigError> {
    Ok(LiveFeed::new(host.store.clone(), Arc::new(Connections::new(host)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_event_of_the_bus_is_read() {
        let delivered: Delivered =
            serde_json::from_str(include_str!("../../../events/realtime-broadcast.json")).unwrap();
        assert_eq!(delivered.detail.kind, "deployment.reported");
    }

    #[test]
    fn the_sample_event_of_a_connection_is_read() {
        let sample = include_str!("../../../events/realtime-socket.json");
        let event: realtime::socket::SocketEvent = serde_json::from_str(sample).unwrap();
        assert_eq!(event.context.route, "$connect");
        assert!(event.query.unwrap().contains_key("ticket"));
    }
}
