//! Puts entries on the buses in calls of ten, and tells which events are there as a whole.

use crate::ports::{BusEntry, EventBus, MOST_ENTRIES};

/// What is to be put on the buses for one event.
pub(super) type Parcel = Vec<BusEntry>;

/// Publishes parcels; tells for each whether all of it was taken. An absent one was not.
pub(super) async fn all(bus: &dyn EventBus, parcels: &[Option<Parcel>]) -> Vec<bool> {
    let mut published: Vec<bool> = parcels.iter().map(Option::is_some).collect();
    let entries = parcels.iter().enumerate().flat_map(|(owner, parcel)| {
        let entries = parcel.iter().flatten().cloned();
        entries.map(move |entry| (owner, entry))
    });
    let (owners, entries): (Vec<usize>, Vec<BusEntry>) = entries.unzip();
    for (owners, entries) in owners.chunks(MOST_ENTRIES).zip(entries.chunks(MOST_ENTRIES)) {
        let taken = match bus.publish(entries).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::warn!(error = error.as_ref() as &dyn std::error::Error, "a call of the buses failed");
                Vec::new()
            }
        };
        for (index, owner) in owners.iter().enumerate() {
            // An entry without an answer was not taken.
            let taken = taken.get(index).copied().unwrap_or_default();
            if let Some(published) = published.get_mut(*owner) {
                *published &= taken;
            }
        }
    }
    published
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::{FutureExt, future::BoxFuture};
    use jiff::Timestamp;
    use switchtower_domain::{
        actor::Actor, cluster::ClusterId, deployment::DeploymentId, event::Event, id::EventId, tenant::TenantId,
    };
    use switchtower_protocol::doorbell::Doorbell;

    use super::*;
    use crate::ports::PortError;

    /// A bus that refuses some events, and fails some calls.
    #[derive(Default)]
    struct Bus {
        refused: Vec<EventId>,
        rings_refused: bool,
        failing_call: Option<usize>,
        calls: Mutex<Vec<Vec<BusEntry>>>,
    }

    impl EventBus for Bus {
        fn publish<'a>(&'a self, entries: &'a [BusEntry]) -> BoxFuture<'a, Result<Vec<bool>, PortError>> {
            let mut calls = self.calls.lock().unwrap();
            calls.push(entries.to_vec());
            let answer = if self.failing_call == Some(calls.len() - 1) {
                Err("no".into())
            } else {
                Ok(entries
                    .iter()
                    .map(|entry| match entry {
                        BusEntry::Event(event) => !self.refused.contains(&event.id),
                        BusEntry::Ring { .. } => !self.rings_refused,
                    })
                    .collect())
            };
            Box::pin(std::future::ready(answer))
        }
    }

    fn parcel(number: u64, rings: bool) -> Option<Parcel> {
        let event = Event {
            id: EventId::from_parts(number, 0),
            kind: "deployment.desired".to_owned(),
            tenant_id: TenantId::nil(),
            subject: DeploymentId::nil().to_string(),
            actor: Actor::System("test".to_owned()),
            at: Timestamp::UNIX_EPOCH,
            request_id: String::new(),
            cluster_id: None,
            data: serde_json::Value::Null,
        };
        let doorbell = Doorbell { cluster_id: ClusterId::nil(), deployment_id: DeploymentId::nil() };
        let ring = BusEntry::Ring { bus: "b".to_owned(), doorbell };
        Some([BusEntry::Event(event)].into_iter().chain(rings.then_some(ring)).collect())
    }

    fn publish(bus: &Bus, parcels: &[Option<Parcel>]) -> Vec<bool> {
        all(bus, parcels).now_or_never().unwrap()
    }

    #[test]
    fn a_refused_entry_fails_its_event_and_no_other() {
        let bus = Bus { refused: vec![EventId::from_parts(3, 0)], ..Bus::default() };
        let parcels: Vec<_> = (0..25).map(|number| parcel(number, false)).collect();
        let published = publish(&bus, &parcels);
        assert_eq!(published.iter().filter(|published| !**published).count(), 1);
        assert!(!published[3]);
        assert_eq!(bus.calls.lock().unwrap().iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
    }

    #[test]
    fn an_event_whose_doorbell_is_refused_is_not_published() {
        let bus = Bus { rings_refused: true, ..Bus::default() };
        assert_eq!(publish(&bus, &[parcel(1, true), parcel(2, false)]), [false, true]);
    }

    #[test]
    fn a_failing_call_fails_only_its_own_entries() {
        let bus = Bus { failing_call: Some(1), ..Bus::default() };
        let parcels: Vec<_> = (0..25).map(|number| parcel(number, false)).collect();
        let published = publish(&bus, &parcels);
        assert_eq!(published, (0..25).map(|number| !(10..20).contains(&number)).collect::<Vec<_>>());
    }

    #[test]
    fn an_event_over_two_calls_needs_both() {
        let bus = Bus { failing_call: Some(1), ..Bus::default() };
        // Entry 10, the first of the second call, is the doorbell of the tenth event.
        let mut parcels: Vec<_> = (0..9).map(|number| parcel(number, false)).collect();
        parcels.push(parcel(9, true));
        assert_eq!(publish(&bus, &parcels), [vec![true; 9], vec![false]].concat());
    }

    #[test]
    fn what_cannot_be_told_is_not_published_and_blocks_nothing() {
        assert_eq!(publish(&Bus::default(), &[None, parcel(1, true)]), [false, true]);
    }
}
