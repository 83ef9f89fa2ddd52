//! Usage: what runs of agents counted, by hour and by day.
//!
//! A telling writes two rows, each on its own: the hour with its slots and clients, and one hour of the day's row. Both
//! are conditional on the sequence of what stands there, so a telling may be repeated, late or lost between the two: the
//! next one puts it right. They are no part of a commit, since nobody is told of them: there is no event. Numbers are kept in lists in a fixed order, because their names would be most of a row.
//!
//! Reads are eventually consistent, which costs half: what was told a moment ago may not show yet. They reach less far back
//! than rows are kept (`switchtower_domain::usage::Window`), so that no row that has expired is read.

mod row;

use std::{error::Error, fmt::Debug};

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    types::AttributeValue,
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use switchtower_domain::{
    access::Granted,
    agent::AgentId,
    deployment::DeploymentId,
    usage::{Requests, Totals},
};

use self::row::{Counts, HourDoc};
use crate::{
    Store,
    error::StoreError,
    item::{self, Item},
    key::{self, Key},
};

/// How long rows of hours are kept.
const HOURS_KEPT: SignedDuration = SignedDuration::from_hours(32 * 24);
/// How long rows of days are kept.
const DAYS_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// An hour of a deployment, as far as a run of an agent has counted it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Who counted.
    pub agent: AgentId,
    /// Which run of it.
    pub run: String,
    /// When the hour begins.
    pub hour: Timestamp,
    /// Grows with each telling of that hour by that run.
    pub sequence: u64,
    /// When it was told.
    pub told_at: Timestamp,
    /// Five minutes each, by the minute at which they begin.
    pub slots: Vec<(u8, Totals)>,
    /// What clients asked for.
    pub clients: Vec<(String, Requests)>,
}

/// What a run of an agent told of an hour, as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct HourUsage {
    /// When it was told.
    pub told_at: Timestamp,
    /// What went through, by when each five minutes begin.
    pub slots: Vec<(Timestamp, Totals)>,
    /// What clients asked for.
    pub clients: Vec<(String, Requests)>,
}

/// What a run of an agent told of a day, as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct DayUsage {
    /// When it was last told.
    pub told_at: Timestamp,
    /// What went through, by when each hour begins.
    pub hours: Vec<(Timestamp, Totals)>,
}

/// Whether everything was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Extent {
    /// Everything was.
    Whole,
    /// The reader wanted no more.
    Cut,
}

impl Told {
    fn sum(&self) -> Totals {
        let mut sum = Totals::default();
        self.slots.iter().for_each(|(_, slot)| sum.add(slot));
        sum
    }

    fn hour_key(&self) -> Key<'_> {
        Key::UsageHour { deployment: self.deployment, hour: self.hour, agent: self.agent, run: &self.run }
    }

    fn day_key(&self) -> Key<'_> {
        Key::UsageDay { deployment: self.deployment, day: day(self.hour), agent: self.agent, run: &self.run }
    }
}

impl Store {
    /// Keeps what was told of an hour, unless something newer stands there.
    pub async fn usage_hour_tell(&self, granted: &Granted, told: &Told) -> Result<(), StoreError> {
        let slots = told.slots.iter().map(|(minute, totals)| (*minute, Counts::from(totals))).collect();
        let doc = HourDoc { hour: told.hour, told_at: told.told_at, slots, clients: row::clients(&told.clients) };
        let row = item::item(&told.hour_key(), "usage_hour", granted.tenant_id(), &doc)?;
        let mut row = item::expiring(row, told.hour + HOURS_KEPT);
        row.insert("sequence".to_owned(), AttributeValue::N(told.sequence.to_string()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        let result = put
            .condition_expression("attribute_not_exists(pk) OR #sequence < :sequence")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":sequence", AttributeValue::N(told.sequence.to_string()))
            .send()
            .await;
        newest(result)
    }

    /// Keeps the sum of what was told of an hour in its day, unless something newer stands there.
    pub async fn usage_day_tell(&self, granted: &Granted, told: &Told) -> Result<(), StoreError> {
        let totals = row::day_hour(told.sequence, &told.sum())?;
        let end = (told.hour + DAYS_KEPT).as_second();
        let update = self.client.update_item().table_name(&self.table).set_key(Some(told.day_key().values().into()));
        let result = update
            .update_expression(
                "SET kind = :kind, tenant_id = :tenant, #schema = :one, expires_at = :end, #day = :day, told_at = :now, \
                 #hour = :totals",
            )
            .condition_expression("attribute_not_exists(#hour) OR #hour.#sequence < :sequence")
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_names("#day", "day")
            .expression_attribute_names("#hour", row::hour_name(told.hour))
            .expression_attribute_names("#sequence", row::SEQUENCE)
            .expression_attribute_values(":kind", AttributeValue::S("usage_day".to_owned()))
            .expression_attribute_values(":tenant", AttributeValue::S(granted.tenant_id().to_string()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":end", AttributeValue::N(end.to_string()))
            .expression_attribute_values(":day", AttributeValue::S(day(told.hour).to_string()))
            .expression_attribute_values(":now", AttributeValue::S(told.told_at.to_string()))
            .expression_attribute_values(":totals", totals)
            .expression_attribute_values(":sequence", AttributeValue::N(told.sequence.to_string()))
            .send()
            .await;
        newest(result)
    }

    /// What was told of the hours from `first` to `last`, until `each` answers false.
    pub async fn usage_hours(
        &self,
        deployment: DeploymentId,
        (first, last): (Timestamp, Timestamp),
        mut each: impl FnMut(HourUsage) -> bool + Send,
    ) -> Result<Extent, StoreError> {
        let keys = key::usage_hours(first, last);
        self.usage_rows(deployment, keys, |row| row::hour(row).map(&mut each)).await
    }

    /// What was told of the days from that of `first` to that of `last`, until `each` answers false.
    pub async fn usage_days(
        &self,
        deployment: DeploymentId,
        (first, last): (Timestamp, Timestamp),
        mut each: impl FnMut(DayUsage) -> bool + Send,
    ) -> Result<Extent, StoreError> {
        let keys = key::usage_days(day(first), day(last));
        self.usage_rows(deployment, keys, |row| row::day(row).map(&mut each)).await
    }

    /// Goes through rows page by page, so that no more than one is held at once.
    async fn usage_rows(
        &self,
        deployment: DeploymentId,
        [first, last]: [String; 2],
        mut each: impl FnMut(Item) -> Result<bool, StoreError> + Send,
    ) -> Result<Extent, StoreError> {
        let mut start = None;
        loop {
            let request = self.client.query().table_name(&self.table).set_exclusive_start_key(start.take());
            let output = request
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":pk", AttributeValue::S(key::usage_partition(deployment)))
                .expression_attribute_values(":first", AttributeValue::S(first.clone()))
                .expression_attribute_values(":last", AttributeValue::S(last.clone()))
                .send()
                .await
                .map_err(StoreError::from_sdk)?;
            for row in output.items.unwrap_or_default() {
                if !each(row)? {
                    return Ok(Extent::Cut);
                }
            }
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(Extent::Whole);
            }
        }
    }
}

/// A write that something newer stood in the way of has nothing to say any more.
fn newest<T, E, R>(result: Result<T, SdkError<E, R>>) -> Result<(), StoreError>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match result {
        Err(error) if error.code() != Some("ConditionalCheckFailedException") => Err(StoreError::from_sdk(error)),
        _ => Ok(()),
    }
}

/// The UTC day of a time.
fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}
