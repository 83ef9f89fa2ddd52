//! Who asked for the most.

use std::{cmp::Reverse, collections::HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::{Requests, totals::share};

/// What each client asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clients(HashMap<String, Requests>);

/// A client, as people read it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Consumer {
    /// The client's id, as the gateway knows it.
    pub client_id: String,
    /// How many requests it made.
    pub requests: u64,
    /// How many of them were answered 4xx.
    pub client_errors: u64,
    /// How many of them were answered 5xx.
    pub server_errors: u64,
    /// Its share of all requests in that time, those of unknown clients included: 0 to 1.
    pub share: f64,
}

impl Clients {
    /// Counts what a client asked for.
    pub fn count(&mut self, client: String, requests: Requests) {
        let sum = self.0.entry(client).or_default();
        *sum = sum.plus(requests);
    }

    /// Adds those of another time or place.
    pub fn add(&mut self, other: Self) {
        other.0.into_iter().for_each(|(client, requests)| self.count(client, requests));
    }

    /// Those with the most requests of `all`, the most first; by name, where they have the same.
    pub fn top(self, limit: usize, all: u64) -> Vec<Consumer> {
        let mut clients: Vec<_> = self.0.into_iter().collect();
        clients.sort_unstable_by(|(one, a), (other, b)| (Reverse(a.requests), one).cmp(&(Reverse(b.requests), other)));
        clients.truncate(limit);
        let consumer = |(client_id, sum): (String, Requests)| {
            let Requests { requests, client_errors, server_errors } = sum;
            Consumer { client_id, requests, client_errors, server_errors, share: share(requests, all) }
        };
        clients.into_iter().map(consumer).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn requests(requests: u64) -> Requests {
        Requests { requests, ..Requests::default() }
    }

    #[test]
    fn the_most_requests_come_first_and_names_settle_a_tie() {
        let mut clients = Clients::default();
        for (client, number) in [("b", 2), ("c", 1), ("a", 2), ("c", 4), ("d", 1)] {
            clients.count(client.to_owned(), requests(number));
        }
        let top = clients.top(3, 20);
        let told: Vec<_> = top.iter().map(|one| (one.client_id.as_str(), one.requests, one.share)).collect();
        assert_eq!(told, [("c", 5, 0.25), ("a", 2, 0.1), ("b", 2, 0.1)]);
    }

    proptest! {
        #[test]
        fn clients_add_up_the_same_whoever_counts_them(
            told in prop::collection::vec(("[a-e]", 1_u64..1_000, 0_usize..3), 0..60),
        ) {
            let mut whole = Clients::default();
            let mut parts = vec![Clients::default(); 3];
            for (client, number, part) in told {
                whole.count(client.clone(), requests(number));
                parts[part].count(client, requests(number));
            }
            let mut sum = Clients::default();
            parts.into_iter().for_each(|part| sum.add(part));
            prop_assert_eq!(sum, whole);
        }
    }
}
