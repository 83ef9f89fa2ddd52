//! Access to one queue: credentials of STS, narrowed by a session policy.

use std::{error::Error, sync::Arc};

use aws_sdk_sts::{Client, primitives::DateTime};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::json;
use switchtower_api::Api;
use switchtower_control::ports::{PortError, QueueAccess};
use switchtower_domain::cluster::Channel;
use switchtower_protocol::queue::QueueCredentials;

use crate::{Host, config};

/// How long credentials work, in seconds.
const LIFETIME_SECONDS: i32 = 3600;

/// Assumes a role that may receive from every cluster's queue, narrowed to one.
#[derive(Debug, Clone)]
pub struct StsQueueAccess {
    client: Client,
    role_arn: String,
    region: String,
    endpoint_url: Option<String>,
}

impl StsQueueAccess {
    /// Reads the role and where SQS answers from the environment.
    pub fn new(host: &Host) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let region = host.aws.region().ok_or("no region is set")?.to_string();
        Ok(Self {
            client: Client::new(&host.aws),
            role_arn: config::required("QUEUE_ROLE_ARN")?,
            region,
            endpoint_url: config::optional("QUEUE_ENDPOINT_URL"),
        })
    }
}

/// Gives the routers access to queues.
pub fn equip(host: &Host, api: Api) -> Result<Api, Box<dyn Error + Send + Sync>> {
    Ok(Api { queue_access: Some(Arc::new(StsQueueAccess::new(host)?)), ..api })
}

impl QueueAccess for StsQueueAccess {
    fn credentials<'a>(
        &'a self,
        session: &'a str,
        channel: &'a Channel,
    ) -> BoxFuture<'a, Result<QueueCredentials, PortError>> {
        Box::pin(async move {
            let request = self.client.assume_role().role_arn(&self.role_arn).role_session_name(session);
            let request = request.policy(policy(&channel.queue_arn)).duration_seconds(LIFETIME_SECONDS);
            let credentials = request.send().await?.credentials.ok_or("STS answered without credentials")?;
            Ok(QueueCredentials {
                queue_url: channel.queue_url.clone(),
                region: self.region.clone(),
                endpoint_url: self.endpoint_url.clone(),
                expires_at: timestamp(credentials.expiration())?,
                access_key_id: credentials.access_key_id,
                secret_access_key: credentials.secret_access_key,
                session_token: credentials.session_token,
            })
        })
    }
}

/// Exactly what an agent does with its queue, and no other queue.
fn policy(queue_arn: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
            "Resource": queue_arn,
        }],
    })
    .to_string()
}

fn timestamp(time: &DateTime) -> Result<Timestamp, jiff::Error> {
    Timestamp::from_second(time.secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_policy_names_three_actions_and_one_queue() {
        let arn = "arn:aws:sqs:eu-central-1:123456789012:switchtower-cluster-clu_01k2m5z8h3v9q4x7n6p0r2s1t5";
        let policy = policy(arn);
        let value: serde_json::Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(value["Statement"][0]["Resource"], arn);
        assert_eq!(value["Statement"][0]["Action"].as_array().unwrap().len(), 3);
        assert!(!policy.contains('*'));
        // STS takes 2,048 characters.
        assert!(policy.len() < 2048);
    }
}
