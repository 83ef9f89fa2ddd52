//! The form of rows of usage.

use std::{collections::HashMap, str::FromStr};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use switchtower_domain::usage::{Durations, Requests, Totals};

use super::{DayUsage, HourUsage};
use crate::{
    error::StoreError,
    item::{self, Item},
};

/// The field of an hour of a day that holds its sequence.
pub(super) const SEQUENCE: &str = "n";
/// The field that holds its numbers.
const TOTALS: &str = "t";

/// Requests, client errors, server errors, bytes sent, durations.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Counts(u64, u64, u64, u64, Durations);

/// A client, its requests, client errors, server errors.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ClientCounts(String, u64, u64, u64);

/// What the row of an hour says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HourDoc {
    pub(super) hour: Timestamp,
    pub(super) told_at: Timestamp,
    pub(super) slots: Vec<(u8, Counts)>,
    pub(super) clients: Vec<ClientCounts>,
}

impl From<&Totals> for Counts {
    fn from(totals: &Totals) -> Self {
        let Requests { requests, client_errors, server_errors } = totals.requests;
        Self(requests, client_errors, server_errors, totals.bytes_sent, totals.durations.clone())
    }
}

impl From<Counts> for Totals {
    fn from(Counts(requests, client_errors, server_errors, bytes_sent, durations): Counts) -> Self {
        Self { requests: Requests { requests, client_errors, server_errors }, durations, bytes_sent }
    }
}

pub(super) fn clients(clients: &[(String, Requests)]) -> Vec<ClientCounts> {
    let counts = |(client, sum): &(String, Requests)| {
        ClientCounts(client.clone(), sum.requests, sum.client_errors, sum.server_errors)
    };
    clients.iter().map(counts).collect()
}

/// An hour of a day: its sequence, and what went through.
pub(super) fn day_hour(sequence: u64, totals: &Totals) -> Result<AttributeValue, StoreError> {
    let totals = serde_dynamo::to_attribute_value(Counts::from(totals));
    let totals = totals.map_err(|error| StoreError::corrupt("usage_day", error))?;
    let sequence = AttributeValue::N(sequence.to_string());
    Ok(AttributeValue::M(HashMap::from([(SEQUENCE.to_owned(), sequence), (TOTALS.to_owned(), totals)])))
}

/// The attribute of an hour in the row of its day: `h00` to `h23`.
pub(super) fn hour_name(hour: Timestamp) -> String {
    format!("h{:02}", hour.to_zoned(TimeZone::UTC).hour())
}

/// What the row of an hour says.
pub(super) fn hour(row: Item) -> Result<HourUsage, StoreError> {
    let HourDoc { hour, told_at, slots, clients } = item::doc(row)?;
    let slot = |(minute, counts): (u8, Counts)| (hour + SignedDuration::from_mins(minute.into()), counts.into());
    let client = |ClientCounts(client, requests, client_errors, server_errors)| {
        (client, Requests { requests, client_errors, server_errors })
    };
    let slots = slots.into_iter().map(slot).collect();
    Ok(HourUsage { told_at, slots, clients: clients.into_iter().map(client).collect() })
}

/// What the row of a day says.
pub(super) fn day(row: Item) -> Result<DayUsage, StoreError> {
    let key = item::text(&row, "sk").unwrap_or_default();
    let told_at = parsed(&row, "told_at", &key)?;
    let day: Date = parsed(&row, "day", &key)?;
    let day = day.to_zoned(TimeZone::UTC).map_err(|error| StoreError::corrupt(key, error))?;
    let mut hours = Vec::new();
    for (name, value) in row {
        let number = name.strip_prefix('h').and_then(|number| number.parse().ok());
        let (Some(number), AttributeValue::M(mut hour)) = (number, value) else { continue };
        let totals = hour.remove(TOTALS).unwrap_or(AttributeValue::Null(true));
        let counts: Counts =
            serde_dynamo::from_attribute_value(totals).map_err(|error| StoreError::corrupt(name, error))?;
        hours.push((day.timestamp() + SignedDuration::from_hours(number), counts.into()));
    }
    Ok(DayUsage { told_at, hours })
}

/// A text of a row, as what it stands for.
fn parsed<T: FromStr<Err = jiff::Error>>(row: &Item, field: &str, key: &str) -> Result<T, StoreError> {
    item::text(row, field).unwrap_or_default().parse().map_err(|error: jiff::Error| StoreError::corrupt(key, error))
}
