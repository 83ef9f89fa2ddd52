//! The cluster's queue.

use std::future::Future;

use switchtower_protocol::doorbell::Doorbell;

use super::ApiError;

/// The queue of one cluster.
pub trait Queue: Send + Sync {
    /// Waits for messages, some seconds at most.
    fn receive(&self) -> impl Future<Output = Result<Vec<Message>, QueueError>> + Send;

    /// Deletes a message that is done with.
    fn delete(&self, receipt: &str) -> impl Future<Output = Result<(), QueueError>> + Send;

    /// Gives back a message that nobody can deal with: it comes again at once, until the queue sets it aside.
    fn release(&self, receipt: &str) -> impl Future<Output = Result<(), QueueError>> + Send;
}

/// A message as received.
#[derive(Debug, Clone)]
pub struct Message {
    /// What deletes it.
    pub receipt: String,
    /// What it says; `None` when that cannot be read.
    pub doorbell: Option<Doorbell>,
}

/// Why the queue did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueueError {
    /// The queue is still being made.
    #[error("the cluster's queue is not there yet")]
    NotReady,
    /// Credentials could not be had.
    #[error(transparent)]
    Credentials(#[from] ApiError),
    /// SQS refused the credentials; the next call asks for new ones.
    #[error("the queue refuses the credentials: {0}")]
    Denied(String),
    /// SQS did not answer as it should.
    #[error("the queue does not answer: {0}")]
    Unavailable(String),
}
