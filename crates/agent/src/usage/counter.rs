//! Requests by deployment and hour: what was counted, and what is still to be told.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use switchtower_domain::{deployment::DeploymentId, usage::SLOT_MINUTES};
use switchtower_protocol::usage::{UsageReceipt, UsageReport};

use super::{hour::Hour, line::Request};

/// The milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;
/// The milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;
/// How long ago an hour may have begun and still be told; a minute less than the control plane allows, for the way there.
const TOLD_WITHIN: SignedDuration = SignedDuration::from_mins(24 * 60 - 1);
/// How far clocks may be apart before a time cannot be true.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// How long after an hour its last lines may still come.
const LATE: SignedDuration = SignedDuration::from_mins(5);

/// What one run has counted. It is kept across restarts: the run goes on where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Which run: a ULID.
    run: String,
    /// Hours since 1970 below this are over. What they had is forgotten, so nothing can be added to it.
    floor: i64,
    /// By hours since 1970.
    hours: BTreeMap<i64, BTreeMap<DeploymentId, Hour>>,
}

impl Counter {
    /// A run that has counted nothing yet.
    pub const fn new(run: String) -> Self {
        Self { run, floor: 0, hours: BTreeMap::new() }
    }

    /// Counts a request; false when its hour is over, or its time cannot be true.
    pub fn count(&mut self, request: &Request<'_>, now: Timestamp) -> bool {
        let Some(at) = i64::try_from(request.at_ms).ok() else { return false };
        let hour = at.div_euclid(HOUR_MS);
        // A clock that went back must not make everything late.
        self.floor = self.floor.min(now.as_millisecond().div_euclid(HOUR_MS));
        if hour < self.floor || !is_told(hour, now) || at > now.as_millisecond().saturating_add(milliseconds(AHEAD)) {
            return false;
        }
        let minute = u8::try_from(at.rem_euclid(HOUR_MS) / MINUTE_MS).unwrap_or_default();
        let minute = minute - minute % SLOT_MINUTES;
        self.hours.entry(hour).or_default().entry(request.deployment_id).or_default().count(minute, request);
        true
    }

    /// What went on since it was last told, the oldest first: so many hours of deployments at most. `None` when the control plane
    /// knows everything.
    pub fn report(&mut self, most: usize, now: Timestamp) -> Option<UsageReport> {
        let changed = self
            .hours
            .iter_mut()
            .flat_map(|(hour, deployments)| deployments.iter_mut().map(move |(id, own)| (begin(*hour), *id, own)));
        let changed = changed.filter(|(_, _, own)| !own.is_known()).take(most);
        let hours: Vec<_> = changed.map(|(hour, id, own)| own.tell(id, hour, now)).collect();
        (!hours.is_empty()).then(|| UsageReport { run: self.run.clone(), hours })
    }

    /// Takes note that a report was accepted. What is counted of deployments that are not known is forgotten.
    pub fn accepted(&mut self, report: &UsageReport, receipt: &UsageReceipt) {
        self.passed(report);
        for deployments in self.hours.values_mut() {
            deployments.retain(|id, _| !receipt.unknown.contains(id));
        }
        self.hours.retain(|_, deployments| !deployments.is_empty());
    }

    /// Takes note that a report need not be told again as it is.
    pub fn passed(&mut self, report: &UsageReport) {
        for told in &report.hours {
            let hour = told.hour.as_millisecond().div_euclid(HOUR_MS);
            let own = self.hours.get_mut(&hour).and_then(|deployments| deployments.get_mut(&told.deployment_id));
            if let Some(own) = own {
                own.heard(told);
            }
        }
    }

    /// Forgets hours that are over and told, when everything that was logged until `now` has been read.
    pub fn settle(&mut self, now: Timestamp) {
        let over = |hour: i64| now.duration_since(begin(hour + 1)) >= LATE;
        let done: Vec<i64> = self
            .hours
            .iter()
            .filter(|(hour, deployments)| over(**hour) && deployments.values().all(Hour::is_known))
            .map(|(hour, _)| *hour)
            .collect();
        for hour in done {
            self.hours.remove(&hour);
            self.floor = self.floor.max(hour + 1);
        }
    }

    /// Forgets hours that are too old to be told; says how many of them were still to be told.
    pub fn give_up(&mut self, now: Timestamp) -> usize {
        let mut lost = 0;
        self.hours.retain(|hour, deployments| {
            let kept = is_told(*hour, now);
            if !kept {
                lost += deployments.values().filter(|own| !own.is_known()).count();
            }
            kept
        });
        lost
    }
}

/// Whether the control plane still takes an hour.
fn is_told(hour: i64, now: Timestamp) -> bool {
    now.duration_since(begin(hour)) <= TOLD_WITHIN
}

/// When an hour begins.
fn begin(hour: i64) -> Timestamp {
    Timestamp::from_millisecond(hour.saturating_mul(HOUR_MS)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
