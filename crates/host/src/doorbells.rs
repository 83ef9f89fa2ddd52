//! The fast doorbell: one SQS message, once, after the commit.

use aws_sdk_sqs::Client;
use futures::future::BoxFuture;
use switchtower_control::ports::{Doorbells, PortError};
use switchtower_protocol::doorbell::Doorbell;

/// Rings through SQS.
#[derive(Debug, Clone)]
pub struct SqsDoorbells(pub Client);

impl Doorbells for SqsDoorbells {
    fn ring<'a>(&'a self, queue_url: &'a str, doorbell: Doorbell) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(async move {
            let body = serde_json::to_string(&doorbell)?;
            self.0.send_message().queue_url(queue_url).message_body(body).send().await?;
            Ok(())
        })
    }
}
