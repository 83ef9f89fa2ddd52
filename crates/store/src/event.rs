//! The log: events in, and events out by day, by subject and from the outbox.

mod list;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
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

/// Reads an event's row, as a stream record carries it.
pub fn from_row(row: HashMap<String, AttributeValue>) -> Result<Unrelayed, StoreError> {
    let rings = row.get("rings").and_then(|value| value.as_bool().ok()).copied().unwrap_or_default();
    Ok(Unrelayed { event: item::doc(row)?, rings })
}

impl Store {
    /// Takes an event out of the outbox. Taking it out twice is harmless.
    pub async fn event_relayed(&self, event: &Event) -> Result<(), StoreError> {
        let key = Key::Event { tenant: event.tenant_id, id: event.id };
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key.values().into()));
        let request = request.update_expression("REMOVE gsi2pk, gsi2sk").condition_expression("attribute_exists(pk)");
        request.send().await.map(drop).map_err(StoreError::from_sdk)
    }

    /// Events that have stood in the outbox since before `before`, oldest first.
    pub async fn events_unrelayed(&self, before: Timestamp, most: usize) -> Result<Vec<Unrelayed>, StoreError> {
        let milliseconds = u64::try_from(before.as_millisecond()).unwrap_or_default();
        let request = self.client.query().table_name(&self.table).index_name("gsi2");
        let output = request
            .key_condition_expression("gsi2pk = :pk AND gsi2sk < :before")
            .expression_attribute_values(":pk", AttributeValue::S(key::OUTBOX.to_owned()))
            .expression_attribute_values(":before", AttributeValue::S(EventId::floor(milliseconds).to_string()))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        output.items.unwrap_or_default().into_iter().map(from_row).collect()
    }

    /// A tenant's events after one of them, oldest first, at most `most`.
    pub async fn events_since(
        &self,
        tenant: TenantId,
        since: EventId,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let last = key::day_of(u64::try_from(now.as_millisecond()).unwrap_or_default());
        let mut date = key::day_of(since.timestamp_ms());
        let mut events = Vec::new();
        while date <= last && events.len() < most {
            let request = self.client.query().table_name(&self.table).consistent_read(true);
            let output = request
                .key_condition_expression("pk = :pk AND sk > :since")
                .expression_attribute_values(":pk", AttributeValue::S(key::event_day(tenant, date)))
                .expression_attribute_values(":since", AttributeValue::S(since.to_string()))
                .limit(i32::try_from(most.saturating_sub(events.len())).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(StoreError::from_sdk)?;
            for row in output.items.unwrap_or_default() {
                events.push(item::doc(row)?);
            }
            if output.last_evaluated_key.is_none_or(|key| key.is_empty()) {
                date = date.tomorrow().map_err(|error| StoreError::corrupt("date", error))?;
            }
        }
        Ok(events)
    }
}
