//! The fast doorbell: one SQS message, once, after the commit.

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
};
use aws_types::SdkConfig;
use futures::future::BoxFuture;
use switchtower_control::ports::{Doorbells, PortError};
use switchtower_protocol::doorbell::Doorbell;

/// Rings through SQS.
#[derive(Debug, Clone)]
pub struct SqsDoorbells(Client);

/// How long a request waits for its doorbell; the event rings again.
const PATIENCE: Duration = Duration::from_millis(500);

impl SqsDoorbells {
    /// Rings once, and does not wait long.
    pub fn new(aws: &SdkConfig) -> Self {
        let timeout = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
        let config = Builder::from(aws).timeout_config(timeout).retry_config(RetryConfig::disabled()).build();
        Self(Client::from_conf(config))
    }
}

impl Doorbells for SqsDoorbells {
    fn ring<'a>(&'a self, queue_url: &'a str, doorbell: Doorbell) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(async move {
            let body = serde_json::to_string(&doorbell)?;
            self.0.send_message().queue_url(queue_url).message_body(body).send().await?;
            Ok(())
        })
    }
}
