//! What a report of usage must keep to besides its schema.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use switchtower_domain::{
    field::FieldErrors,
    usage::{Requests, is_whole_hour},
};
use switchtower_protocol::usage::{UsageHour, UsageReport, UsageSlot};

/// How long ago an hour may have begun: any that was going on in the last 24 hours.
const LONGEST_AGO: SignedDuration = SignedDuration::from_hours(25);
/// How far an agent's clock may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Refuses a report with all that is wrong with it.
pub(super) fn report(report: &UsageReport, now: Timestamp) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut seen = HashSet::new();
    for (index, hour) in report.hours.iter().enumerate() {
        let at = format!("/hours/{index}");
        let first = seen.insert((hour.deployment_id, hour.hour));
        errors.require(
            first,
            &at,
            "duplicate",
            "It tells of an hour of a deployment that another one tells of as well.",
        );
        errors.within(&at, hour_errors(hour, now));
    }
    errors.or(())
}

fn hour_errors(hour: &UsageHour, now: Timestamp) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let ago = now.duration_since(hour.hour);
    errors.require(
        is_whole_hour(hour.hour),
        "/hour",
        "not_valid",
        "It must be a whole hour (UTC), such as `12:00:00Z`.",
    );
    errors.require(
        ago <= LONGEST_AGO,
        "/hour",
        "too_early",
        "The hour was over more than 24 hours ago. Do not tell of it again.",
    );
    errors.require(ago >= -AHEAD, "/hour", "too_late", "The hour has not begun yet. Check the agent's clock.");
    let mut before = None;
    for (index, slot) in hour.slots.iter().enumerate() {
        let at = format!("/slots/{index}");
        let ordered = before.replace(slot.minute).is_none_or(|before| before < slot.minute);
        errors.require(ordered, format!("{at}/minute"), "not_ordered", "Slots come in the order of time, each once.");
        errors.within(&at, slot_errors(slot));
    }
    let mut seen = HashSet::new();
    for (index, client) in hour.clients.iter().enumerate() {
        let at = format!("/clients/{index}");
        let id = &client.client_id;
        let plain = !id.contains(char::is_control);
        errors.require(plain, format!("{at}/client_id"), "pattern", "It has no control characters.");
        errors.require(seen.insert(id), format!("{at}/client_id"), "duplicate", "Each client comes once.");
        errors.within(&at, request_errors(client.requests));
    }
    errors
}

fn slot_errors(slot: &UsageSlot) -> FieldErrors {
    let mut errors = request_errors(slot.requests);
    let timed = slot.durations.0.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
    let detail = "No more durations are counted than there were requests.";
    errors.require(timed <= slot.requests.requests, "/durations", "too_many", detail);
    errors
}

fn request_errors(sum: Requests) -> FieldErrors {
    let failed = sum.client_errors.saturating_add(sum.server_errors);
    let mut errors = FieldErrors::new();
    let detail = "There are no more errors than requests.";
    errors.require(failed <= sum.requests, "/requests", "too_many", detail);
    errors
}

#[cfg(test)]
mod tests {
    use switchtower_domain::{deployment::DeploymentId, usage::Durations};
    use switchtower_protocol::usage::ClientUsage;

    use super::*;

    const NOW: &str = "2026-09-10T12:34:56Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn requests(requests: u64, client_errors: u64) -> Requests {
        Requests { requests, client_errors, server_errors: 0 }
    }

    fn slot(minute: u8) -> UsageSlot {
        let mut durations = Durations::default();
        durations.count(1);
        UsageSlot { minute, requests: requests(1, 0), durations, bytes_sent: 1 }
    }

    fn hour(hour: &str) -> UsageHour {
        let (deployment_id, slots) = (DeploymentId::nil(), vec![slot(0), slot(5)]);
        UsageHour { deployment_id, hour: time(hour), sequence: 1, slots, clients: Vec::new() }
    }

    fn wrong(hours: Vec<UsageHour>) -> Vec<String> {
        let told = report(&UsageReport { run: String::new(), hours }, time(NOW));
        let errors = told.err().map(FieldErrors::into_vec).unwrap_or_default();
        errors.into_iter().map(|error| format!("{} {}", error.pointer, error.code)).collect()
    }

    #[test]
    fn hours_of_the_last_day_are_taken_and_others_are_not() {
        assert_eq!(wrong(vec![hour("2026-09-10T12:00:00Z"), hour("2026-09-09T12:00:00Z")]), [""; 0]);
        let others = ["2026-09-09T11:00:00Z", "2026-09-10T13:00:00Z", "2026-09-10T12:30:00Z", "9999-12-30T22:00:00Z"];
        let expected = ["/hours/0/hour too_early", "/hours/1/hour too_late", "/hours/2/hour not_valid"];
        assert_eq!(wrong(others.map(hour).into())[..3], expected);
    }

    #[test]
    fn a_clock_that_is_a_little_ahead_is_forgiven() {
        let report_at = |now: &str| {
            report(&UsageReport { run: String::new(), hours: vec![hour("2026-09-10T13:00:00Z")] }, time(now))
        };
        assert!(report_at("2026-09-10T12:55:00Z").is_ok());
        assert!(report_at("2026-09-10T12:54:59Z").is_err());
    }

    #[test]
    fn an_hour_of_a_deployment_comes_once() {
        assert_eq!(wrong(vec![hour("2026-09-10T12:00:00Z"); 2]), ["/hours/1 duplicate"]);
    }

    #[test]
    fn slots_are_in_order_and_distinct() {
        for minutes in [[5, 0], [5, 5]] {
            let hour = UsageHour { slots: minutes.map(slot).into(), ..hour("2026-09-10T12:00:00Z") };
            assert_eq!(wrong(vec![hour]), ["/hours/0/slots/1/minute not_ordered"]);
        }
    }

    #[test]
    fn what_is_more_than_the_whole_is_refused() {
        let mut timed = slot(0);
        timed.durations.count(1);
        let failed = UsageSlot { requests: requests(1, 2), ..slot(5) };
        let hour = UsageHour { slots: vec![timed, failed], ..hour("2026-09-10T12:00:00Z") };
        assert_eq!(wrong(vec![hour]), ["/hours/0/slots/0/durations too_many", "/hours/0/slots/1/requests too_many"]);
    }

    #[test]
    fn clients_are_plain_text_and_come_once() {
        let client = |id: &str| ClientUsage { client_id: id.to_owned(), requests: requests(1, 0) };
        let clients = ["müller & co", "a\u{1b}[2J", "b", "b"].map(client).into();
        let hour = UsageHour { clients, ..hour("2026-09-10T12:00:00Z") };
        assert_eq!(
            wrong(vec![hour]),
            ["/hours/0/clients/1/client_id pattern", "/hours/0/clients/3/client_id duplicate"]
        );
    }
}
