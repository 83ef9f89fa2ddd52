//! The log: outbox, replay and audit.

use jiff::{SignedDuration, Timestamp};
use switchtower_domain::{
    event::{Event, EventDraft},
    id::EventId,
};
use switchtower_store::{Commit, Page, StoreError, event::EventFilter};

use crate::support::Desk;

/// Writes an event of a type about a subject, and answers its id.
async fn happen(desk: &Desk, subject: &str, kind: &'static str) -> EventId {
    let context = desk.context();
    let commit = Commit::new(&desk.granted, &context).event(subject.to_owned(), &EventDraft::new(kind));
    let id = commit.events()[0];
    commit.send(&desk.world.store).await.unwrap();
    id
}

fn day(desk: &Desk) -> (Timestamp, Timestamp) {
    let now = desk.world.clock.now();
    (now - SignedDuration::from_hours(72), now + SignedDuration::from_hours(1))
}

async fn all(desk: &Desk, filter: EventFilter, limit: u32) -> Vec<Event> {
    let (mut page, mut events) = (desk.page(limit), Vec::new());
    loop {
        let listed = desk.world.store.event_list(desk.tenant, &filter, day(desk), &page).await.unwrap();
        events.extend(listed.items);
        match listed.next_cursor {
            Some(next) => page.cursor = Some(next),
            None => return events,
        }
    }
}

#[tokio::test]
async fn an_event_leaves_the_outbox_once_it_is_relayed_and_stays_in_the_log() {
    let desk = Desk::new().await;
    let id = happen(&desk, "clu_x", "cluster.created").await;
    let later = desk.world.clock.now() + SignedDuration::from_secs(1);
    let outbox = desk.world.store.events_unrelayed(later, 10).await.unwrap();
    assert_eq!(outbox.events.iter().map(|unrelayed| unrelayed.event.id).collect::<Vec<_>>(), [id]);
    for _ in 0..2 {
        desk.world.store.event_relayed(&outbox.events[0].event).await.unwrap();
    }
    assert!(desk.world.store.events_unrelayed(later, 10).await.unwrap().events.is_empty());
    assert_eq!(all(&desk, EventFilter::default(), 10).await.len(), 1);
}

#[tokio::test]
async fn the_outbox_shows_what_is_old_enough_and_oldest_first() {
    let desk = Desk::new().await;
    let first = happen(&desk, "clu_x", "cluster.created").await;
    desk.world.clock.advance(SignedDuration::from_secs(60));
    let second = happen(&desk, "clu_x", "cluster.updated").await;
    let ids = |outbox: switchtower_store::event::Outbox| -> Vec<_> {
        outbox.events.iter().map(|unrelayed| unrelayed.event.id).collect()
    };
    let now = desk.world.clock.now();
    let old = desk.world.store.events_unrelayed(now - SignedDuration::from_secs(30), 10).await.unwrap();
    assert_eq!(ids(old), [first]);
    let both = desk.world.store.events_unrelayed(now + SignedDuration::from_secs(1), 10).await.unwrap();
    assert_eq!(ids(both), [first, second]);
    let one = desk.world.store.events_unrelayed(now + SignedDuration::from_secs(1), 1).await.unwrap();
    assert_eq!(ids(one), [first]);
}

#[tokio::test]
async fn a_row_of_the_outbox_that_cannot_be_read_hides_no_other() {
    let desk = Desk::new().await;
    happen(&desk, "clu_x", "cluster.created").await;
    let mut rows = desk.world.rows().await;
    let mut poison = rows.pop().unwrap();
    poison.remove("doc");
    desk.world.put_row(poison).await;
    desk.world.clock.advance(SignedDuration::from_secs(1));
    let good = happen(&desk, "clu_x", "cluster.updated").await;
    let later = desk.world.clock.now() + SignedDuration::from_secs(1);
    let outbox = desk.world.store.events_unrelayed(later, 1).await.unwrap();
    assert_eq!((outbox.events.len(), outbox.unreadable.len()), (1, 1));
    assert_eq!(outbox.events[0].event.id, good);
}

#[tokio::test]
async fn replay_goes_on_after_an_event_over_days() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(happen(&desk, "clu_x", "cluster.updated").await);
        ids.push(happen(&desk, "clu_y", "cluster.updated").await);
        desk.world.clock.advance(SignedDuration::from_hours(24));
    }
    ids.sort();
    let now = desk.world.clock.now();
    for (index, since) in ids.iter().enumerate() {
        let replayed = desk.world.store.events_since(desk.tenant, *since, now, 100).await.unwrap();
        let seen: Vec<_> = replayed.iter().map(|event| event.id).collect();
        assert_eq!(seen, ids[index + 1..]);
    }
    let bounded = desk.world.store.events_since(desk.tenant, ids[0], now, 2).await.unwrap();
    assert_eq!(bounded.len(), 2);
    let stranger = desk.world.store.events_since(desk.context().id(), ids[0], now, 100).await.unwrap();
    assert!(stranger.is_empty());
}

#[tokio::test]
async fn the_log_is_listed_newest_first_over_days_in_pages_of_any_size() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        for _ in 0..3 {
            ids.push(happen(&desk, "clu_x", "cluster.updated").await);
        }
        desk.world.clock.advance(SignedDuration::from_hours(20));
    }
    ids.sort();
    ids.reverse();
    for limit in [1, 2, 3, 4, 9, 100] {
        let seen: Vec<_> = all(&desk, EventFilter::default(), limit).await.iter().map(|event| event.id).collect();
        assert_eq!(seen, ids, "with pages of {limit}");
    }
}

#[tokio::test]
async fn the_log_is_filtered_by_subject_type_author_and_time() {
    let desk = Desk::new().await;
    let created = happen(&desk, "clu_x", "cluster.created").await;
    desk.world.clock.advance(SignedDuration::from_secs(10));
    let middle = desk.world.clock.now();
    desk.world.clock.advance(SignedDuration::from_secs(10));
    let updated = happen(&desk, "clu_x", "cluster.updated").await;
    let other = happen(&desk, "clu_y", "cluster.created").await;
    let ids = |events: Vec<Event>| {
        let mut ids: Vec<_> = events.into_iter().map(|event| event.id).collect();
        ids.sort();
        ids
    };
    let none = EventFilter::default;
    let subject = EventFilter { subject: Some("clu_x".to_owned()), ..none() };
    assert_eq!(ids(all(&desk, subject, 1).await), [created, updated]);
    let mut both = [created, other];
    both.sort();
    let kind = EventFilter { kind: Some("cluster.created".to_owned()), ..none() };
    assert_eq!(ids(all(&desk, kind.clone(), 1).await), both);
    assert_eq!(ids(all(&desk, EventFilter { from: Some(middle), ..kind.clone() }, 1).await), [other]);
    assert_eq!(ids(all(&desk, EventFilter { to: Some(middle), ..kind }, 1).await), [created]);
    let author = |name: &str| EventFilter { actor: Some(name.to_owned()), ..none() };
    assert_eq!(all(&desk, author("system:tests"), 2).await.len(), 3);
    assert!(all(&desk, author("user:ann"), 2).await.is_empty());
}

#[tokio::test]
async fn a_cursor_of_the_log_is_bound_to_its_filter() {
    let desk = Desk::new().await;
    for _ in 0..3 {
        happen(&desk, "clu_x", "cluster.updated").await;
    }
    let list = |filter: EventFilter, page: Page| {
        let desk = &desk;
        async move { desk.world.store.event_list(desk.tenant, &filter, day(desk), &page).await }
    };
    let first = list(EventFilter::default(), desk.page(1)).await.unwrap();
    let page = Page { cursor: first.next_cursor, ..desk.page(1) };
    let filter = EventFilter { subject: Some("clu_x".to_owned()), ..EventFilter::default() };
    assert!(matches!(list(filter, page.clone()).await, Err(StoreError::BadCursor)));
    list(EventFilter::default(), page).await.unwrap();
}
