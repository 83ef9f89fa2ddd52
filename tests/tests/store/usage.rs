//! Rows of usage: whatever is told in whatever order, the newest of each run stands.

use std::collections::HashMap;

use futures::future;
use jiff::{SignedDuration, Timestamp};
use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use switchtower_domain::{
    id::Id,
    usage::{Requests, Totals},
};
use switchtower_store::usage::{Extent, Told};

use crate::support::Desk;

/// Just before midnight, so that the hours belong to two days.
fn hour(number: i64) -> Timestamp {
    "2026-09-10T22:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(number)
}

fn totals(requests: u64) -> Totals {
    Totals { requests: Requests { requests, client_errors: 1, server_errors: 0 }, ..Totals::default() }
}

/// What is told at each step of an hour: the more the later.
fn told(agent: u128, run: u8, number: i64, sequence: u64) -> Told {
    let slots = vec![(0, totals(sequence)), (55, totals(10 * sequence))];
    let clients = vec![("app".to_owned(), totals(sequence).requests)];
    let (deployment, agent, run) = (Id::nil(), Id::from_parts(1, agent), format!("RUN{run}"));
    Told { deployment, agent, run, hour: hour(number), sequence, told_at: hour(number), slots, clients }
}

/// How many requests the rows of hours, the rows of days and the clients add up to, between two hours.
async fn read(desk: &Desk, first: i64, last: i64) -> [u64; 3] {
    let bounds = (hour(first), hour(last));
    let [mut hours, mut days, mut clients] = [0; 3];
    let each = desk.world.store.usage_hours(Id::nil(), bounds, |row| {
        hours += row.slots.iter().map(|(_, slot)| slot.requests.requests).sum::<u64>();
        clients += row.clients.iter().map(|(_, sum)| sum.requests).sum::<u64>();
        true
    });
    assert_eq!(each.await.unwrap(), Extent::Whole);
    let each = desk.world.store.usage_days(Id::nil(), bounds, |row| {
        let inside = row.hours.iter().filter(|(at, _)| (bounds.0..=bounds.1).contains(at));
        days += inside.map(|(_, totals)| totals.requests.requests).sum::<u64>();
        true
    });
    assert_eq!(each.await.unwrap(), Extent::Whole);
    [hours, days, clients]
}

#[tokio::test]
async fn tellings_in_any_order_and_number_leave_the_newest_of_each_run() {
    let mut runner = TestRunner::deterministic();
    let story = prop::collection::vec((0_u128..2, 0_u8..2, 0_i64..4, 1_u64..6), 1..80);
    for _ in 0..4 {
        let desk = Desk::new().await;
        let story = story.new_tree(&mut runner).unwrap().current();
        let mut newest: HashMap<_, u64> = HashMap::new();
        for (agent, run, number, sequence) in &story {
            let newest = newest.entry((agent, run, number)).or_default();
            *newest = (*newest).max(*sequence);
        }
        for some in story.chunks(8) {
            let some: Vec<_> =
                some.iter().map(|(agent, run, number, sequence)| told(*agent, *run, *number, *sequence)).collect();
            for result in
                future::join_all(some.iter().map(|told| desk.world.store.usage_hour_tell(&desk.granted, told))).await
            {
                result.unwrap();
            }
            for result in
                future::join_all(some.iter().map(|told| desk.world.store.usage_day_tell(&desk.granted, told))).await
            {
                result.unwrap();
            }
        }
        for (first, last) in [(0, 3), (1, 2), (3, 3)] {
            let inside = newest.iter().filter(|((_, _, number), _)| (first..=last).contains(*number));
            let sum: u64 = inside.map(|(_, sequence)| sequence).sum();
            assert_eq!(read(&desk, first, last).await, [11 * sum, 11 * sum, sum], "{first} to {last} of {story:?}");
        }
    }
}

#[tokio::test]
async fn a_reader_that_has_enough_is_told_that_there_is_more() {
    let desk = Desk::new().await;
    for number in 0..3 {
        desk.world.store.usage_hour_tell(&desk.granted, &told(1, 1, number, 1)).await.unwrap();
    }
    let mut left = 2;
    let each = desk.world.store.usage_hours(Id::nil(), (hour(0), hour(9)), |_| {
        left -= 1;
        left > 0
    });
    assert_eq!(each.await.unwrap(), Extent::Cut);
}
