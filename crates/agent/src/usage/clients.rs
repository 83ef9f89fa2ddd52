//! The clients with the most requests, found in bounded memory.
//!
//! Space-Saving (Metwally, Agrawal, El Abbadi 2005): a client that is not known takes the place of the one with the least
//! weight, and its weight with it. So whoever sends more than a [`CAPACITY`]th of all requests is there. The weight only ranks;
//! what is told is what was counted since the client came in: exact as long as there was room for all, never too much.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use switchtower_domain::usage::{MAX_CLIENTS, Requests};
use switchtower_protocol::usage::ClientUsage;

/// How many clients are watched at once.
pub const CAPACITY: usize = 512;

/// Clients by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Clients(BTreeMap<String, Client>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Client {
    requests: Requests,
    /// At least as many as it has sent.
    weight: u64,
}

impl Clients {
    /// Counts requests of a client.
    pub fn count(&mut self, id: &str, requests: Requests) {
        if let Some(known) = self.0.get_mut(id) {
            known.requests = known.requests.plus(requests);
            known.weight = known.weight.saturating_add(requests.requests);
            return;
        }
        let inherited = if self.0.len() < CAPACITY { 0 } else { self.evict() };
        let weight = inherited.saturating_add(requests.requests);
        self.0.insert(id.to_owned(), Client { requests, weight });
    }

    /// Forgets the client with the least weight, and says how much that was.
    fn evict(&mut self) -> u64 {
        let least =
            self.0.iter().min_by_key(|(_, client)| client.weight).map(|(id, client)| (id.clone(), client.weight));
        let Some((id, weight)) = least else { return 0 };
        self.0.remove(&id);
        weight
    }

    /// Those with the most requests, most requests first.
    pub fn top(&self) -> Vec<ClientUsage> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(_, client)| std::cmp::Reverse(client.requests.requests));
        let told = |(id, client): (&String, &Client)| ClientUsage { client_id: id.clone(), requests: client.requests };
        all.into_iter().take(MAX_CLIENTS).map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Requests {
        Requests { requests: 1, ..Requests::default() }
    }

    #[test]
    fn those_with_the_most_requests_are_told_first() {
        let mut clients = Clients::default();
        for number in 0..100_u64 {
            clients.count(&format!("client-{number}"), Requests { requests: number + 1, ..Requests::default() });
        }
        let top = clients.top();
        assert_eq!(top.len(), MAX_CLIENTS);
        assert_eq!((top[0].client_id.as_str(), top[0].requests.requests), ("client-99", 100));
        assert!(top.is_sorted_by_key(|client| std::cmp::Reverse(client.requests.requests)));
    }

    #[test]
    fn a_flood_of_others_neither_takes_memory_nor_hides_who_sends_much() {
        let mut clients = Clients::default();
        for number in 0..40_000 {
            clients.count(&format!("stranger-{number}"), one());
            if number % 20 == 0 {
                clients.count("busy", one());
            }
        }
        assert_eq!(clients.0.len(), CAPACITY);
        let top = clients.top();
        let busy = top.first().unwrap();
        assert_eq!(busy.client_id, "busy");
        assert!((1_900..=2_000).contains(&busy.requests.requests), "{busy:?}");
        assert!(top.iter().skip(1).all(|other| other.requests.requests == 1), "more was told than there was");
    }
}
