//! What a cluster is reached by: a rule of EventBridge and queues of SQS.

mod queue;
mod rule;

use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use futures::future::BoxFuture;
use switchtower_control::ports::{PortError, Provisioning, Queue};
use switchtower_domain::cluster::ClusterId;

use crate::{
    Host,
    config::{ConfigError, required},
};

/// Makes and removes rules and queues.
#[derive(Debug, Clone)]
pub struct Services {
    events: aws_sdk_eventbridge::Client,
    sqs: aws_sdk_sqs::Client,
    bus_prefix: String,
    queue_prefix: String,
}

impl Services {
    /// The services of this account.
    pub fn new(host: &Host) -> Result<Self, ConfigError> {
        Ok(Self {
            events: aws_sdk_eventbridge::Client::new(&host.aws),
            sqs: aws_sdk_sqs::Client::new(&host.aws),
            bus_prefix: required("CLUSTER_BUS_PREFIX")?,
            queue_prefix: required("CLUSTER_QUEUE_PREFIX")?,
        })
    }
}

impl Provisioning for Services {
    fn bus_name(&self, number: u32) -> String {
        format!("{}{number}", self.bus_prefix)
    }

    fn make_bus<'a>(&'a self, bus: &'a str) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(rule::make_bus(self, bus))
    }

    fn make_rule<'a>(&'a self, bus: &'a str, cluster: ClusterId) -> BoxFuture<'a, Result<String, PortError>> {
        Box::pin(rule::make(self, bus, cluster))
    }

    fn make_queue<'a>(&'a self, cluster: ClusterId, rule_arn: &'a str) -> BoxFuture<'a, Result<Queue, PortError>> {
        Box::pin(queue::make(self, cluster, rule_arn))
    }

    fn make_target<'a>(
        &'a self,
        bus: &'a str,
        cluster: ClusterId,
        queue_arn: &'a str,
    ) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(rule::make_target(self, bus, cluster, queue_arn))
    }

    fn remove_rule<'a>(&'a self, bus: &'a str, cluster: ClusterId) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(rule::remove(self, bus, cluster))
    }

    fn remove_queues(&self, cluster: ClusterId) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(queue::remove(self, cluster))
    }
}

/// Counts an error with one of these codes as done.
fn unless<T, E>(result: Result<T, E>, codes: &[&str]) -> Result<Option<T>, PortError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code().is_some_and(|code| codes.contains(&code)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
