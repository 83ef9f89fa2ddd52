//! The log: events in, and events out by day, by subject and from the outbox.

mod list;

use std::collections::HashMap;

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};
use jiff::Timestamp;
use switchtower_domain::{event::Event, id::EventId, tenant::TenantId};

pub use self::list::EventFilter;
use crate::{
    Store,
    error::StoreError,
    item::{self, Item},
    key::{self, Key},
};

/// An event that was not relayed yet.
#[derive(Debug, Clone)]
pub struct Unrelayed {
    /// The event.
    pub event: Event,
    /// Whether a cluster's agent must hear of it.
    pub rings: bool,
}

/// The row of an event. It stands in the outbox until the relay marks it.
pub(crate) fn event_item(event: &Event, rings: bool) -> Result<Item, StoreError> {
    let mut row = item::item(&Key::Event { tenant: event.tenant_id, id: event.id }, "event", event.tenant_id, event)?;
    let subject = key::event_subject(event.tenant_id, &event.subject);
    let fields = [("gsi1pk", subject), ("gsi1sk", event.id.to_string()), ("gsi2pk", key::OUTBOX.to_owned())];
    row.extend(fields.map(|(name, value)| (name.to_owned(), AttributeValue::S(value))));
    row.insert("gsi2sk".to_owned(), AttributeValue::S(event.id.to_string()));
    row.insert("rings".to_owned(), AttributeValue::Bool(rings));
    Ok(row)
}

/// Events of the outbox, and how many of its rows cannot be read.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The events.
    pub events: Vec<Unrelayed>,
    /// What is wrong with each row that is no event.
    pub unreadable: Vec<StoreError>,
}

/// Reads the new image of a stream record, in DynamoDB's own JSON.
pub fn from_image(image: serde_json::Value) -> Result<Unrelayed, StoreError> {
    let row = serde_json::from_value::<serde_dynamo::Item>(image);
    from_row(row.map_err(|error| StoreError::corrupt("stream record", error))?.into())
}

fn from_row(row: HashMap<String, AttributeValue>) -> Result<Unrelayed, StoreError> {
    let rings = row.get("rings").and_then(|value| value.as_bool().ok()).copied().unwrap_or_default();
    Ok(Unrelayed { event: item::doc(row)?, rings })
}

impl Store {
    /// Takes an event out of the outbox. Taking it out twice is harmless.
    pub async fn event_relayed(&self, event: &Event) -> Result<(), StoreError> {
        let key = Key::Event { tenant: event.tenant_id, id: event.id };
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key.values().into()));
        let request = request.update_expression("REMOVE gsi2pk, gsi2sk").condition_expression("attribute_exists(pk)");
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// What has stood in the outbox since before `before`, oldest first.
    pub async fn events_unrelayed(&self, before: Timestamp, most: usize) -> Result<Outbox, StoreError> {
        let floor = EventId::floor(u64::try_from(before.as_millisecond()).unwrap_or_default()).to_string();
        let mut outbox = Outbox::default();
        let mut start = None;
        loop {
            let request = self.client.query().table_name(&self.table).index_name("gsi2");
            let output = request
                .key_condition_expression("gsi2pk = :pk AND gsi2sk < :before")
                .expression_attribute_values(":pk", AttributeValue::S(key::OUTBOX.to_owned()))
                .expression_attribute_values(":before", AttributeValue::S(floor.clone()))
                .limit(i32::try_from(most.saturating_sub(outbox.events.len())).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start.take())
                .send()
                .await
                .map_err(StoreError::from_sdk)?;
            for row in output.items.unwrap_or_default() {
                match from_row(row) {
                    Ok(event) => outbox.events.push(event),
                    Err(error) => outbox.unreadable.push(error),
                }
            }
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || outbox.events.len() >= most {
                return Ok(outbox);
            }
        }
    }

    /// A tenant's events after one of them, oldest first, at most `most`. A row that cannot be read is left out.
    pub async fn events_since(
        &self,
        tenant: TenantId,
        since: EventId,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let last = key::day_of(u64::try_from(now.as_millisecond()).unwrap_or_default());
        let mut date = key::day_of(since.timestamp_ms());
        let mut after = since.to_string();
        let mut events = Vec::new();
        while date <= last && events.len() < most {
            let request = self.client.query().table_name(&self.table).consistent_read(true);
            let output = request
                .key_condition_expression("pk = :pk AND sk > :since")
                .expression_attribute_values(":pk", AttributeValue::S(key::event_day(tenant, date)))
                .expression_attribute_values(":since", AttributeValue::S(after.clone()))
                .limit(i32::try_from(most.saturating_sub(events.len())).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(StoreError::from_sdk)?;
            for row in output.items.unwrap_or_default() {
                match item::doc(row) {
                    Ok(event) => events.push(event),
                    Err(error) => tracing::error!(%error, "an event was left out of a replay"),
                }
            }
            match output.last_evaluated_key.and_then(|key| item::text(&key, "sk")) {
                Some(next) => after = next,
                None => date = date.tomorrow().map_err(|error| StoreError::corrupt("date", error))?,
            }
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use switchtower_domain::{actor::Actor, cluster::ClusterId};

    use super::*;

    fn event() -> Event {
        Event {
            id: EventId::from_parts(1_700_000_000_000, 1),
            kind: "deployment.desired".to_owned(),
            tenant_id: TenantId::from_parts(1, 1),
            subject: "dep_1".to_owned(),
            actor: Actor::System("test".to_owned()),
            at: Timestamp::UNIX_EPOCH,
            request_id: "r".to_owned(),
            cluster_id: Some(ClusterId::from_parts(1, 2)),
            data: serde_json::json!({ "generation": 3, "nothing": null, "list": [true, 1.5] }),
        }
    }

    #[test]
    fn the_image_of_a_stream_record_reads_as_the_event_that_was_written() {
        let row = serde_dynamo::Item::from(event_item(&event(), true).unwrap());
        let read = from_image(serde_json::to_value(row).unwrap()).unwrap();
        assert_eq!((read.event, read.rings), (event(), true));
    }

    #[test]
    fn an_image_that_is_no_event_is_told_apart() {
        for image in [serde_json::json!(null), serde_json::json!({}), serde_json::json!({ "doc": { "S": "x" } })] {
            assert!(matches!(from_image(image), Err(StoreError::Corrupt { .. })));
        }
    }
}
