//! Listing the log, newest first, with filters and bounded work.
//!
//! The log is partitioned by day, so a list walks days backwards. One call makes at most [`QUERIES`] queries; what is left
//! is for the next page, which may therefore be short, or even empty, before the end. A cursor remembers the bounds that the
//! first page had, so that "the last seven days" means the same on every page.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{Timestamp, civil::Date};
use switchtower_domain::{event::Event, id::EventId, tenant::TenantId};

use crate::{
    Store,
    cursor::{self, Listed, Page},
    error::StoreError,
    item::{self, Item},
    key,
};

/// The most queries of one page: today and yesterday, when nothing is filtered.
const QUERIES: usize = 2;

/// Which events are wanted; all conditions hold at once.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Not before this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// About this resource.
    pub subject: Option<String>,
    /// By this author, as written in the log.
    pub actor: Option<String>,
    /// Of this type.
    pub kind: Option<String>,
}

/// What is left to read: ids from `first` on and below `below`.
struct Rest {
    first: EventId,
    below: EventId,
}

impl Rest {
    fn open(mut position: BTreeMap<String, String>) -> Option<Self> {
        let mut id = |name: &str| position.remove(name)?.parse().ok();
        Some(Self { first: id("first")?, below: id("below")? })
    }

    fn position(&self) -> BTreeMap<String, String> {
        let parts = [("first", self.first), ("below", self.below)];
        parts.into_iter().map(|(name, id)| (name.to_owned(), id.to_string())).collect()
    }
}

impl Store {
    /// A tenant's events, newest first; those of `within`, where the filter leaves a bound open.
    pub async fn event_list(
        &self,
        tenant: TenantId,
        filter: &EventFilter,
        within: (Timestamp, Timestamp),
        page: &Page,
    ) -> Result<Listed<Event>, StoreError> {
        let query = format!("{tenant}|{filter:?}");
        let mut rest = match &page.cursor {
            Some(text) => Rest::open(cursor::open(&page.key, &query, text)?).ok_or(StoreError::BadCursor)?,
            None => Rest { first: floor(filter.from.unwrap_or(within.0)), below: floor(filter.to.unwrap_or(within.1)) },
        };
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let mut events: Vec<Event> = Vec::new();
        let mut queries = 0;
        while rest.first < rest.below && events.len() < limit && queries < QUERIES {
            queries += 1;
            let (rows, below) = self.events_below(tenant, filter, &rest, limit.saturating_sub(events.len())).await?;
            rest.below = below;
            for row in rows {
                events.push(item::doc(row)?);
            }
        }
        let more = rest.first < rest.below;
        let next_cursor = more.then(|| cursor::seal(&page.key, &query, &rest.position())).transpose()?;
        Ok(Listed { items: events, next_cursor })
    }

    /// One query: rows of the newest day that is left, or of the subject, and the id below which there may be more.
    async fn events_below(
        &self,
        tenant: TenantId,
        filter: &EventFilter,
        rest: &Rest,
        most: usize,
    ) -> Result<(Vec<Item>, EventId), StoreError> {
        let (date, day_start) = day_below(rest.below);
        let (index, partition, end) = match &filter.subject {
            // By subject, one partition of the index holds everything.
            Some(subject) => (Some("gsi1"), key::event_subject(tenant, subject), rest.first),
            None => (None, key::event_day(tenant, date), day_start.max(rest.first)),
        };
        let (pk, sk) = if index.is_some() { ("gsi1pk", "gsi1sk") } else { ("pk", "sk") };
        let mut request = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(index.map(str::to_owned))
            .consistent_read(index.is_none())
            .scan_index_forward(false)
            .key_condition_expression(format!("{pk} = :pk AND {sk} BETWEEN :first AND :below"))
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":first", AttributeValue::S(rest.first.to_string()))
            .expression_attribute_values(":below", AttributeValue::S(rest.below.to_string()));
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
        request = if conditions.is_empty() {
            // BETWEEN includes `below`, which was shown before: one more than asked for makes up for it.
            request.limit(i32::try_from(most.saturating_add(1)).unwrap_or(i32::MAX))
        } else {
            // DynamoDB filters after reading, and reads 1 MB at most.
            request.filter_expression(conditions.join(" AND "))
        };
        let output = request.send().await.map_err(StoreError::from_sdk)?;
        let below = rest.below.to_string();
        let id = |row: &Item| item::text(row, "sk").filter(|id| *id != below);
        let mut rows: Vec<_> = output.items.unwrap_or_default().into_iter().filter(|row| id(row).is_some()).collect();
        let unread = output.last_evaluated_key.filter(|key| !key.is_empty());
        let left_at = if rows.len() > most {
            rows.truncate(most);
            rows.last().and_then(id)
        } else {
            unread.and_then(|key| item::text(&key, "sk"))
        };
        let left_at = left_at.map(|id| id.parse().map_err(|error| StoreError::corrupt("event", error))).transpose()?;
        Ok((rows, left_at.unwrap_or(end)))
    }
}

/// Milliseconds of a UTC day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The smallest event id of a time.
fn floor(at: Timestamp) -> EventId {
    EventId::floor(u64::try_from(at.as_millisecond()).unwrap_or_default())
}

/// The newest day that has ids below this one, and the first id of that day.
fn day_below(below: EventId) -> (Date, EventId) {
    let at = below.timestamp_ms();
    // What is below the first id of a millisecond is older than it.
    let newest = if below == EventId::floor(at) { at.saturating_sub(1) } else { at };
    (key::day_of(newest), EventId::floor(newest - newest % DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_a_day_leads_to_the_day_before() {
        let noon = EventId::floor(DAY_MS + DAY_MS / 2);
        let (day, start) = day_below(noon);
        assert_eq!((day.to_string().as_str(), start), ("1970-01-02", EventId::floor(DAY_MS)));
        let (day, start) = day_below(start);
        assert_eq!((day.to_string().as_str(), start), ("1970-01-01", EventId::floor(0)));
        let (day, _) = day_below(EventId::floor(DAY_MS).next());
        assert_eq!(day.to_string(), "1970-01-02");
    }

    #[test]
    fn what_is_left_survives_a_cursor() {
        let rest = Rest { first: EventId::floor(5), below: EventId::floor(9) };
        let Rest { first, below } = Rest::open(rest.position()).unwrap();
        assert_eq!((first, below), (rest.first, rest.below));
        assert!(Rest::open([("sk".to_owned(), "x".to_owned())].into()).is_none());
    }
}
