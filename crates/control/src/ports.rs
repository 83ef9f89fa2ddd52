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

/// A cluster's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its URL.
    pub url: String,
    /// Its ARN.
    pub arn: String,
}

/// Makes and removes what a cluster is reached by. Every call may be repeated: what is there stays, what is gone is gone.
pub trait Provisioning: Send + Sync {
    /// The name of the bus with that number.
    fn bus_name(&self, number: u32) -> String;

    /// Makes a bus.
    fn make_bus<'a>(&'a self, bus: &'a str) -> BoxFuture<'a, Result<(), PortError>>;

    /// Makes the rule that picks a cluster's doorbells from a bus, and tells its ARN.
    fn make_rule<'a>(&'a self, bus: &'a str, cluster: ClusterId) -> BoxFuture<'a, Result<String, PortError>>;

    /// Makes a cluster's queue and dead-letter queue; only that rule may send to it.
    fn make_queue<'a>(&'a self, cluster: ClusterId, rule_arn: &'a str) -> BoxFuture<'a, Result<Queue, PortError>>;

    /// Lets the rule send to the queue.
    fn make_target<'a>(
        &'a self,
        bus: &'a str,
        cluster: ClusterId,
        queue_arn: &'a str,
    ) -> BoxFuture<'a, Result<(), PortError>>;

    /// Removes the rule and its target.
    fn remove_rule<'a>(&'a self, bus: &'a str, cluster: ClusterId) -> BoxFuture<'a, Result<(), PortError>>;

    /// Removes the queue and the dead-letter queue.
    fn remove_queues(&self, cluster: ClusterId) -> BoxFuture<'_, Result<(), PortError>>;
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was taken.
    Taken,
    /// The connection is gone.
    Gone,
}

/// Sends on the connections of the live feed.
pub trait Sockets: Send + Sync {
    /// Sends a frame.
    fn send<'a>(&'a self, connection: &'a str, frame: String) -> BoxFuture<'a, Result<Delivery, PortError>>;

    /// Ends a connection; one that is gone already is no error.
    fn close<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<(), PortError>>;
}

/// The most entries of one call.
pub const MOST_ENTRIES: usize = 10;

/// Puts events on the buses.
pub trait EventBus: Send + Sync {
    /// Publishes entries, at most [`MOST_ENTRIES`]; answers for each whether it was taken.
    fn publish<'a>(&'a self, entries: &'a [BusEntry]) -> BoxFuture<'a, Result<Vec<bool>, PortError>>;
}

/// One entry for a bus.
#[derive(Debug, Clone, PartialEq)]
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
