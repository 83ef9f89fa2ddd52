//! What is behind the ports: queues, buses and access to them, which only the deployed stack has.

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use switchtower_control::ports::{BusEntry, Doorbells, EventBus, PortError, Provisioning, Queue, QueueAccess};
use switchtower_domain::cluster::{Channel, ClusterId};
use switchtower_protocol::{doorbell::Doorbell, queue::QueueCredentials};

/// Remembers what was rung.
#[derive(Debug, Clone, Default)]
pub struct RecordedDoorbells(Arc<Mutex<Vec<(String, Doorbell)>>>);

impl RecordedDoorbells {
    /// What was rung so far: queue and doorbell.
    pub fn rung(&self) -> Vec<(String, Doorbell)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Doorbells for RecordedDoorbells {
    fn ring<'a>(&'a self, queue_url: &'a str, doorbell: Doorbell) -> BoxFuture<'a, Result<(), PortError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((queue_url.to_owned(), doorbell));
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Hands out credentials that name the queue they are for.
#[derive(Debug, Clone, Copy)]
pub struct NamedQueueAccess;

impl QueueAccess for NamedQueueAccess {
    fn credentials<'a>(
        &'a self,
        session: &'a str,
        channel: &'a Channel,
    ) -> BoxFuture<'a, Result<QueueCredentials, PortError>> {
        let credentials = QueueCredentials {
            queue_url: channel.queue_url.clone(),
            region: "us-east-1".to_owned(),
            endpoint_url: None,
            access_key_id: session.to_owned(),
            secret_access_key: format!("secret of {}", channel.queue_arn),
            session_token: format!("session of {}", channel.queue_arn),
            expires_at: Timestamp::now() + SignedDuration::from_hours(1),
        };
        Box::pin(std::future::ready(Ok(credentials)))
    }
}

/// Remembers what was put on the buses, unless it refuses.
#[derive(Debug, Clone, Default)]
pub struct RecordedBus {
    taken: Arc<Mutex<Vec<BusEntry>>>,
    refused_type: Arc<Mutex<Option<String>>>,
}

impl RecordedBus {
    /// What was taken so far.
    pub fn taken(&self) -> Vec<BusEntry> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses events of a type from now on; takes all, when there is none.
    pub fn refuse(&self, kind: Option<&str>) {
        *self.refused_type.lock().unwrap_or_else(PoisonError::into_inner) = kind.map(str::to_owned);
    }
}

impl EventBus for RecordedBus {
    fn publish<'a>(&'a self, entries: &'a [BusEntry]) -> BoxFuture<'a, Result<Vec<bool>, PortError>> {
        let refused = self.refused_type.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let take = |entry: &BusEntry| !matches!(entry, BusEntry::Event(event) if Some(&event.kind) == refused.as_ref());
        let answers: Vec<_> = entries.iter().map(take).collect();
        let taken = entries.iter().zip(&answers).filter(|(_, taken)| **taken).map(|(entry, _)| entry.clone());
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
        Box::pin(std::future::ready(Ok(answers)))
    }
}

/// Remembers what was made and removed for clusters; fails at one of its calls when it is told to.
#[derive(Debug, Clone, Default)]
pub struct RecordedProvisioning {
    calls: Arc<Mutex<Vec<String>>>,
    fail_at: Arc<Mutex<Option<usize>>>,
}

impl RecordedProvisioning {
    /// The calls so far, each as its name.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fails once, at the call after that many.
    pub fn fail_after(&self, calls: usize) {
        *self.fail_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(calls);
    }

    fn call<T: Send + 'static>(&self, name: &str, answer: T) -> BoxFuture<'static, Result<T, PortError>> {
        let mut fail_at = self.fail_at.lock().unwrap_or_else(PoisonError::into_inner);
        let result = match *fail_at {
            Some(0) => {
                *fail_at = None;
                Err(format!("{name} failed").into())
            }
            left => {
                *fail_at = left.map(|left| left - 1);
                self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
                Ok(answer)
            }
        };
        Box::pin(std::future::ready(result))
    }
}

impl Provisioning for RecordedProvisioning {
    fn bus_name(&self, number: u32) -> String {
        format!("tests-clusters-{number}")
    }

    fn make_bus<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), PortError>> {
        self.call("make_bus", ())
    }

    fn make_rule<'a>(&'a self, bus: &'a str, cluster: ClusterId) -> BoxFuture<'a, Result<String, PortError>> {
        self.call("make_rule", format!("arn:aws:events:us-east-1:123456789012:rule/{bus}/cluster-{cluster}"))
    }

    fn make_queue<'a>(&'a self, cluster: ClusterId, _: &'a str) -> BoxFuture<'a, Result<Queue, PortError>> {
        let arn = format!("arn:aws:sqs:us-east-1:123456789012:tests-cluster-{cluster}");
        self.call("make_queue", Queue { url: format!("https://sqs.example.com/tests-cluster-{cluster}"), arn })
    }

    fn make_target<'a>(&'a self, _: &'a str, _: ClusterId, _: &'a str) -> BoxFuture<'a, Result<(), PortError>> {
        self.call("make_target", ())
    }

    fn remove_rule<'a>(&'a self, _: &'a str, _: ClusterId) -> BoxFuture<'a, Result<(), PortError>> {
        self.call("remove_rule", ())
    }

    fn remove_queues(&self, _: ClusterId) -> BoxFuture<'_, Result<(), PortError>> {
        self.call("remove_queues", ())
    }
}
