//! Access to a cluster's queue, for an hour.

use switchtower_domain::{cluster::Cluster, operation, resource::Resource};
use switchtower_protocol::queue::QueueCredentials;

use super::own;
use crate::{Call, Control, Error, ports::QueueAccess};

impl Control {
    /// Credentials that allow the agent to receive from its cluster's queue, and nothing else.
    pub async fn agent_queue_credentials(
        &self,
        call: &Call,
        access: &dyn QueueAccess,
    ) -> Result<QueueCredentials, Error> {
        let own = own(call, &operation::agent_queue_credentials)?;
        let cluster: Option<Resource<Cluster>> = self.store.get(own.tenant, own.cluster).await?;
        let cluster = cluster.ok_or(Error::NotFound { kind: "cluster" })?;
        let channel = cluster.body.channel.ok_or_else(|| {
            let detail = "The cluster's queue is still being made, which takes some seconds. Try again in a moment.";
            Error::refused("cluster_not_provisioned", detail)
        })?;
        access.credentials(&own.agent.to_string(), &channel).await.map_err(Error::Unavailable)
    }
}
