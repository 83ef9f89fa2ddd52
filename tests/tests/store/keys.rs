//! Every key of the table, pinned: changing one is a data migration.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp, civil::Date};
use proptest::prelude::*;
use switchtower_domain::{deployment::Generation, id::Id, id::Prefixed};
use switchtower_store::Key;

fn id<K: Prefixed>(number: u128) -> Id<K> {
    Id::from_parts(1_700_000_000_000, number)
}

/// The name of a variant. A new one is missed here by the compiler: add it to `all` as well.
const fn name(key: &Key<'_>) -> &'static str {
    match key {
        Key::Resource { .. } => "Resource",
        Key::Shared { .. } => "Shared",
        Key::Offer { .. } => "Offer",
        Key::Subscribed { .. } => "Subscribed",
        Key::Name { .. } => "Name",
        Key::Deployment { .. } => "Deployment",
        Key::DesiredVersion { .. } => "DesiredVersion",
        Key::Liveness { .. } => "Liveness",
        Key::Generation { .. } => "Generation",
        Key::Snapshot { .. } => "Snapshot",
        Key::Definition { .. } => "Definition",
        Key::Event { .. } => "Event",
        Key::Auth { .. } => "Auth",
        Key::Member { .. } => "Member",
        Key::Idempotency { .. } => "Idempotency",
        Key::Ticket { .. } => "Ticket",
        Key::Connection { .. } => "Connection",
        Key::Subscriber { .. } => "Subscriber",
        Key::Sent { .. } => "Sent",
        Key::Broadcast { .. } => "Broadcast",
        Key::Reference { .. } => "Reference",
        Key::ReferenceCount { .. } => "ReferenceCount",
        Key::Bus { .. } => "Bus",
        Key::Place { .. } => "Place",
        Key::UsageHour { .. } => "UsageHour",
        Key::UsageDay { .. } => "UsageDay",
    }
}

fn hour(number: u128) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(i64::try_from(number).unwrap())
}

fn day(number: u128) -> Date {
    Date::constant(2026, 9, 1) + SignedDuration::from_hours(24 * i64::try_from(number).unwrap())
}

/// One key of every variant, made of texts and numbers.
fn all<'a>(text: &'a str, other: &'a str, number: u128) -> Vec<Key<'a>> {
    let generation = Generation(u64::try_from(number).unwrap_or(u64::MAX));
    let part = usize::try_from(number % 1000).unwrap_or_default();
    vec![
        Key::Resource { tenant: id(number), kind: "cluster", id: text },
        Key::Name { tenant: id(number), kind: "cluster", name: text },
        Key::Shared { tenant: id(number), kind: "subscription", id: text },
        Key::Offer { publish: id(number) },
        Key::Subscribed { publish: id(number), customer: id(number + 1) },
        Key::Deployment { cluster: id(number), id: id(number + 1) },
        Key::DesiredVersion { cluster: id(number) },
        Key::Liveness { cluster: id(number), agent: id(number + 1) },
        Key::Generation { deployment: id(1), generation },
        Key::Snapshot { deployment: id(1), generation, part },
        Key::Definition { service: id(1), part },
        Key::Event { tenant: id(1), id: id(number) },
        Key::Auth { id: text },
        Key::Member { user: text, tenant: id(number) },
        Key::Idempotency { digest: text },
        Key::Ticket { digest: text },
        Key::Connection { id: text },
        Key::Subscriber { tenant: id(number), channel: "events", connection: text },
        Key::Sent { connection: text, channel: "events", event: id(number) },
        Key::Broadcast { event: id(number) },
        Key::Reference { target: text, user: other },
        Key::ReferenceCount { target: text },
        Key::Bus { number: u32::try_from(number % 1_000_000).unwrap_or_default() },
        Key::Place { cluster: id(number) },
        Key::UsageHour { deployment: id(1), hour: hour(number), agent: id(2), run: "RUN" },
        Key::UsageDay { deployment: id(1), day: day(number), agent: id(2), run: "RUN" },
    ]
}

#[test]
fn keys_are_as_they_were() {
    let mut lines = String::new();
    for key in all("clu_text", "pub_text", 42) {
        writeln!(lines, "{:16}{:60}{}", name(&key), key.pk(), key.sk()).unwrap();
    }
    insta::assert_snapshot!(lines);
}

proptest! {
    #[test]
    fn different_things_have_different_keys(
        texts in prop::array::uniform4("[a-z]{3}_[0-9a-z]{1,8}"),
        numbers in prop::array::uniform2(0_u128..1000),
    ) {
        let keys: Vec<_> = all(&texts[0], &texts[1], numbers[0]).into_iter().chain(all(&texts[2], &texts[3], numbers[1])).collect();
        for one in &keys {
            for other in keys.iter().filter(|other| *other != one) {
                prop_assert_ne!((one.pk(), one.sk()), (other.pk(), other.sk()), "{:?} and {:?}", one, other);
            }
        }
    }

    #[test]
    fn generations_sort_as_numbers_do(one in 0_u64.., other in 0_u64..) {
        let sk = |number| Key::Generation { deployment: id(1), generation: Generation(number) }.sk();
        prop_assert_eq!(one.cmp(&other), sk(one).cmp(&sk(other)));
    }

    #[test]
    fn hours_of_usage_sort_as_times_do(one in 0_u128..1_000_000, other in 0_u128..1_000_000) {
        let sk = |number| Key::UsageHour { deployment: id(1), hour: hour(number), agent: id(2), run: "RUN" }.sk();
        prop_assert_eq!(one.cmp(&other), sk(one).cmp(&sk(other)));
    }
}
