//! What use cases need besides the table: declared here, implemented by the host.

use std::error::Error as StdError;

use futures::future::BoxFuture;
use switchtower_domain::{
    cluster::{Channel, ClusterId},
    event::Event,
};
use switchtower_protocol::{doorbell::Doorbell, queue::QueueCredentials};

/// Why a service outside the table did not do it.
pub type PortError = Box<dyn StdError + Send + Sync>;

/// Rings at clusters' queues directly, once and best effort; the event's own way rings again, for certain.
pub trait Doorbells: Send + Sync {
    /// Sends a doorbell to a queue.
    fn ring<'a>(&'a self, queue_url: &'a str, doorbell: Doorbell) -> BoxFuture<'a, Result<(), PortError>>;
}

/// Rings nowhere: the fast way is off.
#[derive(Debug, Clone, Copy)]
pub struct NoDoorbells;

impl Doorbells for NoDoorbells {
    fn ring<'a>(&'a self, _: &'a str, _: Doorbell) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Hands out access to one queue.
pub trait QueueAccess: Send + Sync {
    /// Credentials for one hour that allow receiving from one queue and nothing else.
    fn credentials<'a>(
        &'a self,
        session: &'a str,
        channel: &'a Channel,
    ) -> BoxFuture<'a, Result<QueueCredentials, PortError>>;
}

/// Makes and removes what a cluster is reached by. Every call may be repeated.
pub trait Provisioning: Send + Sync {
    /// Makes the queue, its dead-letter queue, the rule on that bus and its target.
    fn provision<'a>(&'a self, cluster: ClusterId, bus: &'a str) -> BoxFuture<'a, Result<Channel, PortError>>;

    /// Removes them, those that are there.
    fn remove<'a>(&'a self, cluster: ClusterId, bus: Option<&'a str>) -> BoxFuture<'a, Result<(), PortError>>;

    /// The name of the bus with that number.
    fn bus_name(&self, number: u32) -> String;
}

/// Puts events on the buses.
pub trait EventBus: Send + Sync {
    /// Publishes entries, at most 10; answers for each whether it was taken.
    fn publish<'a>(&'a self, entries: &'a [BusEntry]) -> BoxFuture<'a, Result<Vec<bool>, PortError>>;
}

/// One entry for a bus.
#[derive(Debug, Clone)]
pub enum BusEntry {
    /// An event, for everyone who listens.
    Event(Event),
    /// A doorbell, for one cluster's rule on one bus.
    Ring {
        /// The bus.
        bus: String,
        /// The doorbell.
        doorbell: Doorbell,
    },
}
