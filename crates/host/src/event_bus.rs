//! The buses: EventBridge.

use aws_sdk_eventbridge::{
    Client,
    primitives::DateTime,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use futures::future::BoxFuture;
use switchtower_control::ports::{BusEntry, EventBus, PortError};

/// The source of every entry.
const SOURCE: &str = "switchtower";

/// Publishes through EventBridge.
#[derive(Debug, Clone)]
pub struct Buses {
    /// The client.
    pub client: Client,
    /// The bus for everyone who listens.
    pub main: String,
}

impl EventBus for Buses {
    fn publish<'a>(&'a self, entries: &'a [BusEntry]) -> BoxFuture<'a, Result<Vec<bool>, PortError>> {
        Box::pin(async move {
            let entries = entries.iter().map(|entry| self.entry(entry)).collect::<Result<Vec<_>, _>>()?;
            let output = self.client.put_events().set_entries(Some(entries)).send().await?;
            Ok(output.entries.unwrap_or_default().iter().map(is_taken).collect())
        })
    }
}

impl Buses {
    fn entry(&self, entry: &BusEntry) -> Result<PutEventsRequestEntry, serde_json::Error> {
        let blank = PutEventsRequestEntry::builder().source(SOURCE);
        Ok(match entry {
            BusEntry::Event(event) => blank
                .event_bus_name(&self.main)
                .detail_type(&event.kind)
                .detail(serde_json::to_string(event)?)
                .time(DateTime::from_millis(event.at.as_millisecond()))
                .build(),
            BusEntry::Ring { bus, doorbell } => {
                blank.event_bus_name(bus).detail_type("doorbell").detail(serde_json::to_string(doorbell)?).build()
            }
        })
    }
}

/// Whether EventBridge took an entry; says why not, when it did not.
fn is_taken(result: &PutEventsResultEntry) -> bool {
    match result.error_code() {
        None => true,
        Some(code) => {
            tracing::warn!(code, message = result.error_message(), "EventBridge refused an entry");
            false
        }
    }
}
