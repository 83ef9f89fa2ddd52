use std::borrow::Cow;

use proptest::prelude::*;
use switchtower_domain::usage::{MAX_CLIENTS, Requests};
use switchtower_protocol::usage::UsageHour;

use super::*;

/// 2026-01-02T10:00:00Z.
const NOON: i64 = 1_767_348_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millisecond(NOON + seconds * 1000).unwrap()
}

fn id(number: u128) -> DeploymentId {
    DeploymentId::from_parts(1, number)
}

fn request(number: u128, at: Timestamp, status: u16) -> Request<'static> {
    let at_ms = u64::try_from(at.as_millisecond()).unwrap();
    Request { deployment_id: id(number), at_ms, status, took_ms: 7, bytes: 100, client: None }
}

fn counter() -> Counter {
    Counter::new("01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned())
}

fn receipt(unknown: &[DeploymentId]) -> UsageReceipt {
    UsageReceipt { unknown: unknown.to_vec() }
}

#[test]
fn requests_are_counted_by_deployment_hour_and_five_minutes() {
    let (mut counter, now) = (counter(), at(4000));
    for (number, seconds, status) in [(1, 0, 200), (1, 299, 404), (1, 300, 503), (2, 3599, 302), (1, 3600, 429)] {
        assert!(counter.count(&request(number, at(seconds), status), now));
    }
    let report = counter.report(100, now).unwrap();
    let hours: Vec<_> = report.hours.iter().map(|hour| (hour.deployment_id, hour.hour)).collect();
    assert_eq!(hours, [(id(1), at(0)), (id(2), at(0)), (id(1), at(3600))]);
    let slots = &report.hours[0].slots;
    assert_eq!(slots.iter().map(|slot| slot.minute).collect::<Vec<_>>(), [0, 5]);
    let wanted = Requests { requests: 2, client_errors: 1, server_errors: 0 };
    assert_eq!((slots[0].requests, slots[0].bytes_sent, slots[0].durations.0[1]), (wanted, 200, 2));
    assert_eq!(slots[1].requests.server_errors, 1);
    assert_eq!(report.hours[1].slots[0].minute, 55);
}

#[test]
fn only_what_changed_is_told_again_with_a_greater_sequence() {
    let mut counter = counter();
    counter.count(&request(1, at(0), 200), at(1));
    counter.count(&request(2, at(0), 200), at(1));
    let first = counter.report(100, at(1)).unwrap();
    assert_eq!(counter.report(100, at(1)).unwrap().hours.len(), 2, "what was not accepted is told again");
    counter.accepted(&first, &receipt(&[]));
    assert_eq!(counter.report(100, at(2)), None);
    counter.count(&request(2, at(1), 200), at(2));
    // Even when the clock stands still.
    let second = counter.report(100, at(1)).unwrap();
    assert_eq!(second.hours.len(), 1);
    assert!(second.hours[0].sequence > first.hours[1].sequence);
}

#[test]
fn what_was_counted_while_a_report_was_under_way_is_told_next() {
    let mut counter = counter();
    counter.count(&request(1, at(0), 200), at(1));
    let report = counter.report(100, at(1)).unwrap();
    counter.count(&request(1, at(1), 200), at(1));
    counter.accepted(&report, &receipt(&[]));
    assert_eq!(counter.report(100, at(2)).unwrap().hours[0].slots[0].requests.requests, 2);
}

#[test]
fn a_report_has_so_many_hours_at_most_the_oldest_first() {
    let mut counter = counter();
    for number in 0..5 {
        counter.count(&request(number, at(0), 200), at(3600));
        counter.count(&request(number, at(3600), 200), at(3600));
    }
    let report = counter.report(4, at(3600)).unwrap();
    assert_eq!(report.hours.len(), 4);
    assert!(report.hours.iter().all(|hour| hour.hour == at(0)));
}

#[test]
fn an_hour_is_forgotten_when_it_is_over_and_told() {
    let mut counter = counter();
    counter.count(&request(1, at(0), 200), at(1));
    counter.settle(at(4000));
    let report = counter.report(100, at(4000)).unwrap();
    counter.accepted(&report, &receipt(&[]));
    counter.settle(at(3600));
    assert!(counter.count(&request(1, at(3599), 200), at(3601)), "its last lines come a little later");
    let report = counter.report(100, at(4000)).unwrap();
    assert_eq!(report.hours[0].slots.iter().map(|slot| slot.requests.requests).sum::<u64>(), 2);
    counter.accepted(&report, &receipt(&[]));
    counter.settle(at(4000));
    assert!(counter.hours.is_empty());
    assert!(!counter.count(&request(1, at(3599), 200), at(4000)), "it would take the place of what was told");
    assert!(counter.count(&request(1, at(3600), 200), at(4000)));
}

#[test]
fn what_is_too_old_to_be_told_is_given_up_and_not_counted() {
    let mut counter = counter();
    counter.count(&request(1, at(0), 200), at(1));
    counter.count(&request(1, at(7200), 200), at(7200));
    assert_eq!(counter.give_up(at(23 * 3600)), 0);
    assert_eq!(counter.give_up(at(24 * 3600)), 1);
    assert!(!counter.count(&request(1, at(3599), 200), at(24 * 3600)));
    assert_eq!(counter.report(100, at(24 * 3600)).unwrap().hours.len(), 1);
}

#[test]
fn a_time_to_come_is_not_counted_and_a_clock_that_went_back_hides_nothing() {
    let mut counter = counter();
    assert!(!counter.count(&request(1, at(2 * 3600), 200), at(0)));
    let later = at(48 * 3600);
    counter.count(&request(1, later, 200), later);
    let report = counter.report(100, later).unwrap();
    counter.accepted(&report, &receipt(&[]));
    counter.settle(at(50 * 3600));
    assert!(counter.count(&request(1, at(0), 200), at(1)));
}

#[test]
fn a_deployment_that_nobody_knows_is_forgotten() {
    let mut counter = counter();
    counter.count(&request(1, at(0), 200), at(1));
    counter.count(&request(2, at(0), 200), at(1));
    let report = counter.report(1, at(1)).unwrap();
    counter.accepted(&report, &receipt(&[id(1)]));
    let rest = counter.report(100, at(1)).unwrap();
    assert_eq!(rest.hours.iter().map(|hour| hour.deployment_id).collect::<Vec<_>>(), [id(2)]);
}

#[test]
fn an_hour_is_told_of_few_clients_whatever_their_number() {
    let mut counter = counter();
    for number in 0..3_000 {
        let client = Some(Cow::Owned(format!("client-{number}")));
        counter.count(&Request { client, ..request(1, at(0), 200) }, at(1));
    }
    let report = counter.report(100, at(1)).unwrap();
    assert_eq!(report.hours[0].clients.len(), MAX_CLIENTS);
    assert!(serde_json::to_vec(&counter).unwrap().len() < 100_000);
}

/// What the control plane makes of tellings: of each hour and run, the one with the greatest sequence.
#[derive(Default)]
struct Plane(BTreeMap<(String, DeploymentId, Timestamp), UsageHour>);

impl Plane {
    fn hear(&mut self, report: &UsageReport) {
        for hour in &report.hours {
            let key = (report.run.clone(), hour.deployment_id, hour.hour);
            let known = self.0.get(&key).map_or(0, |known| known.sequence);
            if hour.sequence > known {
                self.0.insert(key, hour.clone());
            }
        }
    }

    fn requests(&self) -> u64 {
        self.0.values().flat_map(|hour| &hour.slots).map(|slot| slot.requests.requests).sum()
    }
}

#[derive(Debug, Clone)]
enum Step {
    Count {
        number: u128,
        ago: i64,
    },
    Wait(i64),
    /// Whether it arrives, and whether the answer does.
    Tell {
        arrives: bool,
        answered: bool,
    },
    /// An earlier report comes once more.
    Repeat(prop::sample::Index),
    Settle,
    Keep,
    /// The agent goes on from what it kept, and reads again what came since.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_u128..3, 0_i64..60).prop_map(|(number, ago)| Step::Count { number, ago }),
        3 => (1_i64..2000).prop_map(Step::Wait),
        3 => (any::<bool>(), any::<bool>()).prop_map(|(arrives, answered)| Step::Tell { arrives, answered }),
        1 => any::<prop::sample::Index>().prop_map(Step::Repeat),
        1 => Just(Step::Settle),
        2 => Just(Step::Keep),
        1 => Just(Step::Crash),
    ]
}

proptest! {
    #[test]
    fn whatever_is_lost_repeated_or_late_the_control_plane_ends_up_with_what_there_was(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        let (mut counter, mut plane, mut now, mut reports) = (counter(), Plane::default(), at(0), Vec::new());
        let (mut log, mut kept) = (Vec::new(), (counter.clone(), 0));
        for step in steps {
            match step {
                Step::Count { number, ago } => {
                    let request = request(number, now - SignedDuration::from_secs(ago), 200);
                    prop_assert!(counter.count(&request, now));
                    log.push(request);
                }
                Step::Wait(seconds) => now += SignedDuration::from_secs(seconds),
                Step::Tell { arrives, answered } => {
                    // As the meter does it: nothing is told that is not kept.
                    kept = (counter.clone(), log.len());
                    let Some(report) = counter.report(2, now) else { continue };
                    if arrives {
                        plane.hear(&report);
                        if answered {
                            counter.accepted(&report, &receipt(&[]));
                        }
                    }
                    reports.push(report);
                }
                Step::Repeat(index) => {
                    if !reports.is_empty() {
                        plane.hear(index.get(&reports));
                    }
                }
                Step::Settle => counter.settle(now),
                Step::Keep => kept = (counter.clone(), log.len()),
                Step::Crash => {
                    now += SignedDuration::from_secs(1);
                    let text = serde_json::to_string(&kept.0).unwrap();
                    counter = serde_json::from_str(&text).unwrap();
                    for request in &log[kept.1..] {
                        prop_assert!(counter.count(request, now));
                    }
                }
            }
        }
        while let Some(report) = counter.report(2, now) {
            plane.hear(&report);
            counter.accepted(&report, &receipt(&[]));
        }
        prop_assert_eq!(plane.requests(), u64::try_from(log.len()).unwrap());
    }
}
