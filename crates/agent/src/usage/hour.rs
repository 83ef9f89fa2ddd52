//! An hour of a deployment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use switchtower_domain::{
    deployment::DeploymentId,
    usage::{Durations, Requests},
};
use switchtower_protocol::usage::{UsageHour, UsageSlot};

use super::{clients::Clients, line::Request};

/// What was counted in an hour, and how much of it the control plane knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hour {
    /// By the minute at which they begin.
    slots: BTreeMap<u8, Slot>,
    clients: Clients,
    /// How many requests the control plane knows of.
    known: u64,
    /// The sequence of the latest telling.
    sequence: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Slot {
    requests: Requests,
    durations: Durations,
    bytes: u64,
}

impl Hour {
    /// Counts a request in the slot that begins at a minute.
    pub fn count(&mut self, minute: u8, request: &Request<'_>) {
        let class = |wanted: u16| u64::from(request.status / 100 == wanted);
        let one = Requests { requests: 1, client_errors: class(4), server_errors: class(5) };
        let slot = self.slots.entry(minute).or_default();
        slot.requests = slot.requests.plus(one);
        slot.durations.count(request.took_ms);
        slot.bytes = slot.bytes.saturating_add(request.bytes);
        if let Some(client) = &request.client {
            self.clients.count(client, one);
        }
    }

    /// Whether the control plane knows all of it.
    pub fn is_known(&self) -> bool {
        self.known == self.requests()
    }

    fn requests(&self) -> u64 {
        self.slots.values().map(|slot| slot.requests.requests).sum()
    }

    /// The hour as it is told now. The sequence follows the clock, so that it also grows over what a crash made forgotten.
    pub fn tell(&mut self, deployment_id: DeploymentId, hour: Timestamp, now: Timestamp) -> UsageHour {
        let clock = u64::try_from(now.as_millisecond()).unwrap_or_default();
        self.sequence = clock.max(self.sequence.saturating_add(1));
        let slot = |(minute, slot): (&u8, &Slot)| UsageSlot {
            minute: *minute,
            requests: slot.requests,
            durations: slot.durations.clone(),
            bytes_sent: slot.bytes,
        };
        let slots = self.slots.iter().map(slot).collect();
        UsageHour { deployment_id, hour, sequence: self.sequence, slots, clients: self.clients.top() }
    }

    /// Takes note that a telling arrived.
    pub fn heard(&mut self, told: &UsageHour) {
        let requests = told.slots.iter().map(|slot| slot.requests.requests).sum();
        self.known = self.known.max(requests);
    }
}
