//! How an agent gets at its queue.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Credentials of AWS STS that allow receiving from, deleting in and changing visibility on one queue.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct QueueCredentials {
    /// The queue.
    pub queue_url: String,
    /// Its region.
    pub region: String,
    /// Where SQS answers, when it is not AWS's own address.
    pub endpoint_url: Option<String>,
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The session token.
    pub session_token: String,
    /// When they end.
    pub expires_at: Timestamp,
}

impl fmt::Debug for QueueCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueCredentials")
            .field("queue_url", &self.queue_url)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
