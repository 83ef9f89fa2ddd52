//! A cluster's queue and dead-letter queue.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde_json::json;
use switchtower_control::ports::{PortError, Queue};
use switchtower_domain::cluster::ClusterId;

use super::{Services, unless};

/// How often a doorbell may be received before it is set aside.
const MOST_RECEIVES: u32 = 5;
/// How long a doorbell is hidden from others while an agent works on it, in seconds.
const VISIBILITY: &str = "120";
/// How long a doorbell waits for an agent, in seconds: a day. An agent that was away longer lists everything anyway.
const RETENTION: &str = "86400";
/// How long a doorbell that was set aside is kept, in seconds: the most that SQS allows.
const DEAD_RETENTION: &str = "1209600";
/// What SQS says of a queue that is not there.
const MISSING: &[&str] = &["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"];

pub(super) async fn make(services: &Services, cluster: ClusterId, rule_arn: &str) -> Result<Queue, PortError> {
    let dead_attributes = [(Name::MessageRetentionPeriod, DEAD_RETENTION.to_owned()), encrypted()];
    let dead = make_one(services, &dead_name(services, cluster), dead_attributes.into()).await?;
    let name = name(services, cluster);
    // The ARN of the queue differs from that of the other by its name only.
    let arn = dead.arn.trim_end_matches(SUFFIX).to_owned();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "events.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": { "ArnEquals": { "aws:SourceArn": rule_arn } },
        }],
    });
    let redrive = json!({ "deadLetterTargetArn": dead.arn, "maxReceiveCount": MOST_RECEIVES });
    let attributes = [
        (Name::MessageRetentionPeriod, RETENTION.to_owned()),
        (Name::VisibilityTimeout, VISIBILITY.to_owned()),
        (Name::ReceiveMessageWaitTimeSeconds, "20".to_owned()),
        (Name::Policy, policy.to_string()),
        (Name::RedrivePolicy, redrive.to_string()),
        encrypted(),
    ];
    make_one(services, &name, attributes.into()).await
}

pub(super) async fn remove(services: &Services, cluster: ClusterId) -> Result<(), PortError> {
    for name in [name(services, cluster), dead_name(services, cluster)] {
        let url = services.sqs.get_queue_url().queue_name(name).send().await;
        let Some(url) = unless(url, MISSING)?.and_then(|output| output.queue_url) else { continue };
        unless(services.sqs.delete_queue().queue_url(url).send().await, MISSING)?;
    }
    Ok(())
}

/// Makes a queue, or finds it, and gives it its attributes: one that an earlier version made is brought up to date.
async fn make_one(services: &Services, name: &str, attributes: HashMap<Name, String>) -> Result<Queue, PortError> {
    let made = services.sqs.create_queue().queue_name(name).send().await?;
    let url = made.queue_url.ok_or("SQS did not tell the queue's URL")?;
    services.sqs.set_queue_attributes().queue_url(&url).set_attributes(Some(attributes)).send().await?;
    let known = services.sqs.get_queue_attributes().queue_url(&url).attribute_names(Name::QueueArn).send().await?;
    let arn = known.attributes.and_then(|mut known| known.remove(&Name::QueueArn));
    Ok(Queue { url, arn: arn.ok_or("SQS did not tell the queue's ARN")? })
}

const SUFFIX: &str = "-dlq";

fn name(services: &Services, cluster: ClusterId) -> String {
    format!("{}{cluster}", services.queue_prefix)
}

fn dead_name(services: &Services, cluster: ClusterId) -> String {
    format!("{}{SUFFIX}", name(services, cluster))
}

fn encrypted() -> (Name, String) {
    (Name::SqsManagedSseEnabled, "true".to_owned())
}
