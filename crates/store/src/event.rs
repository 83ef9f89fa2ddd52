//! The log: events in, and events out by day, by subject and from the outbox.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{Timestamp, civil::Date};
use switchtower_domain::{event::Event, id::EventId, tenant::TenantId};

use crate::{
    Store,
    cursor::{self, Listed, Page},
    error::StoreError,
    item::{self, Item},
    key::{self, Key},
};

/// Which events are wanted; all conditions hold at once.
#[derive(Debug, Clone)]
pub struct EventFilter {
    /// Not before this time.
    pub from: Timestamp,
    /// Before this time.
    pub to: Timestamp,
    /// About this resource.
    pub subject: Option<String>,
    /// By this author, as written in the log.
    pub actor: Option<String>,
    /// Of this type.
    pub kind: Option<String>,
}

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
        let last = day(now);
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

    /// A tenant's events, newest first.
    pub async fn event_list(
        &self,
        tenant: TenantId,
        filter: &EventFilter,
        page: &Page,
    ) -> Result<Listed<Event>, StoreError> {
        let query = format!("{tenant}|{filter:?}");
        let position = page.cursor.as_deref().map(|text| cursor::open(&page.key, &query, text)).transpose()?;
        let below = match position {
            Some(position) => position.get("sk").cloned().ok_or(StoreError::BadCursor)?,
            None => bound(filter.to),
        };
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX).saturating_add(1);
        let mut events: Vec<Event> = Vec::new();
        let mut scanned_days = 0;
        let mut date = start_day(&below, filter.to);
        let first = day(filter.from);
        while events.len() < wanted {
            let rows = self.events_below(tenant, date, &below, filter, wanted.saturating_sub(events.len())).await?;
            for row in rows {
                events.push(item::doc(row)?);
            }
            scanned_days += 1;
            // By subject, one partition of the index holds everything.
            if filter.subject.is_some() || date <= first || scanned_days > 400 || events.len() >= wanted {
                break;
            }
            date = date.yesterday().map_err(|error| StoreError::corrupt("date", error))?;
        }
        let more = events.len() >= wanted;
        events.truncate(wanted.saturating_sub(1));
        let next_cursor = match events.last() {
            Some(last) if more => {
                let position = [("sk".to_owned(), last.id.to_string())].into();
                Some(cursor::seal(&page.key, &query, &position)?)
            }
            _ => None,
        };
        Ok(Listed { items: events, next_cursor })
    }

    /// Rows of one day, or of one subject, below an event id; DynamoDB filters them, so several reads may be needed.
    async fn events_below(
        &self,
        tenant: TenantId,
        date: Date,
        below: &str,
        filter: &EventFilter,
        most: usize,
    ) -> Result<Vec<Item>, StoreError> {
        let (index, partition, sort) = match &filter.subject {
            Some(subject) => (Some("gsi1".to_owned()), key::event_subject(tenant, subject), "gsi1sk"),
            None => (None, key::event_day(tenant, date), "sk"),
        };
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let mut request = self
                .client
                .query()
                .table_name(&self.table)
                .set_index_name(index.clone())
                .scan_index_forward(false)
                .set_exclusive_start_key(start.take())
                .key_condition_expression(format!(
                    "{} = :pk AND {sort} BETWEEN :from AND :below",
                    if index.is_some() { "gsi1pk" } else { "pk" }
                ))
                .expression_attribute_values(":pk", AttributeValue::S(partition.clone()))
                .expression_attribute_values(":from", AttributeValue::S(bound(filter.from)))
                .expression_attribute_values(":below", AttributeValue::S(below.to_owned()));
            let mut conditions = Vec::new();
            if let Some(actor) = &filter.actor {
                conditions.push("doc.actor = :actor");
                request = request.expression_attribute_values(":actor", AttributeValue::S(actor.clone()));
            }
            if let Some(kind) = &filter.kind {
                conditions.push("doc.#type = :type");
                request = request
                    .expression_attribute_names("#type", "type")
                    .expression_attribute_values(":type", AttributeValue::S(kind.clone()));
            }
            if !conditions.is_empty() {
                request = request.filter_expression(conditions.join(" AND "));
            }
            let output = request.send().await.map_err(StoreError::from_sdk)?;
            // BETWEEN includes its ends; the cursor's own row was shown before.
            let fresh = |row: &Item| item::text(row, "sk").is_some_and(|sk| sk != below);
            rows.extend(output.items.unwrap_or_default().into_iter().filter(fresh));
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || rows.len() >= most {
                rows.truncate(most);
                return Ok(rows);
            }
        }
    }
}

/// The smallest event id of a time.
fn bound(at: Timestamp) -> String {
    EventId::floor(u64::try_from(at.as_millisecond()).unwrap_or_default()).to_string()
}

fn day(at: Timestamp) -> Date {
    key::day_of(u64::try_from(at.as_millisecond()).unwrap_or_default())
}

/// The day in which to look for ids below this one.
fn start_day(below: &str, to: Timestamp) -> Date {
    below.parse::<EventId>().map_or_else(|_| day(to), |id| key::day_of(id.timestamp_ms()))
}
