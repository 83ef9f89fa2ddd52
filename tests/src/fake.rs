//! What is behind the ports: queues and their access, which only the deployed stack has.

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use switchtower_control::ports::{Doorbells, PortError, QueueAccess};
use switchtower_domain::cluster::Channel;
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
