//! The relay and the sweep over a real table: what is committed reaches the buses.

use std::sync::Arc;

use jiff::SignedDuration;
use switchtower_control::{outbox::Outbox, ports::BusEntry};
use switchtower_tests::{Estate, World, fake::RecordedBus};

/// A tenant whose events stand in the outbox, and the buses that they go to.
async fn full() -> (World, Estate, Outbox, RecordedBus) {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let bus = RecordedBus::default();
    let outbox = Outbox::new(world.store.clone(), Arc::new(bus.clone()));
    world.clock.advance(SignedDuration::from_secs(600));
    (world, estate, outbox, bus)
}

fn types(bus: &RecordedBus) -> Vec<String> {
    let events = bus.taken().into_iter().filter_map(|entry| match entry {
        BusEntry::Event(event) => Some(event.kind),
        BusEntry::Ring { .. } => None,
    });
    events.collect()
}

async fn waiting(world: &World) -> usize {
    let rows = world.rows().await;
    rows.iter().filter(|row| row.get("gsi2pk").is_some_and(|pk| pk.as_s().unwrap() == "OUTBOX")).count()
}

#[tokio::test]
async fn every_committed_event_is_published_once_and_marked() {
    let (world, _estate, outbox, bus) = full().await;
    let before = waiting(&world).await;
    let swept = outbox.sweep(world.clock.now()).await.unwrap();
    assert_eq!((swept.published, swept.failed, swept.unreadable), (before, 0, 0));
    assert_eq!((types(&bus).len(), waiting(&world).await), (before, 0));
    let again = outbox.sweep(world.clock.now()).await.unwrap();
    assert_eq!(again.published, 0);
    for kind in ["tenant.created", "cluster.created", "agent.registered", "product_publish.published"] {
        assert!(types(&bus).iter().any(|published| published == kind), "{kind} is missing in {:?}", types(&bus));
    }
}

#[tokio::test]
async fn what_an_agent_must_hear_of_rings_on_its_cluster_s_bus() {
    let (world, estate, outbox, bus) = full().await;
    outbox.sweep(world.clock.now()).await.unwrap();
    let rings: Vec<_> = bus.taken().into_iter().filter(|entry| matches!(entry, BusEntry::Ring { .. })).collect();
    assert_eq!(rings.len(), 1);
    let BusEntry::Ring { bus, doorbell } = &rings[0] else { unreachable!() };
    assert_eq!(bus, "tests-clusters-1");
    assert_eq!(doorbell.cluster_id.to_string(), estate.id("clusters"));
    assert_eq!(doorbell.deployment_id.to_string(), estate.id("deployments"));
}

#[tokio::test]
async fn what_a_bus_refuses_waits_for_the_next_sweep_and_blocks_nothing() {
    let (world, _estate, outbox, bus) = full().await;
    let before = waiting(&world).await;
    bus.refuse(Some("cluster.created"));
    let swept = outbox.sweep(world.clock.now()).await.unwrap();
    assert_eq!((swept.published, swept.failed), (before - 1, 1));
    assert_eq!(waiting(&world).await, 1);
    bus.refuse(None);
    let swept = outbox.sweep(world.clock.now()).await.unwrap();
    assert_eq!((swept.published, swept.failed), (1, 0));
    assert!(types(&bus).iter().any(|kind| kind == "cluster.created"));
}

#[tokio::test]
async fn a_row_that_is_no_event_is_told_and_blocks_nothing() {
    let (world, _estate, outbox, bus) = full().await;
    let before = waiting(&world).await;
    let rows = world.rows().await;
    let mut poison = rows.into_iter().find(|row| row["kind"].as_s().unwrap() == "event").unwrap();
    poison.remove("doc");
    world.put_row(poison).await;
    let swept = outbox.sweep(world.clock.now()).await.unwrap();
    assert_eq!((swept.published, swept.failed, swept.unreadable), (before - 1, 0, 1));
    assert_eq!(types(&bus).len(), before - 1);
}

#[tokio::test]
async fn the_sweep_leaves_new_events_to_the_relay() {
    let world = World::new().await;
    Estate::new(&world, "acme").await;
    let bus = RecordedBus::default();
    let outbox = Outbox::new(world.store.clone(), Arc::new(bus.clone()));
    assert_eq!(outbox.sweep(world.clock.now()).await.unwrap().published, 0);
    assert!(bus.taken().is_empty());
}
