//! The provisioner: makes what a cluster is reached by, and removes it.
//!
//! It goes by what the cluster's row says, never by what an event says: an event, or the schedule, only makes it look. So it may
//! be called twice, late, in any order, or after it died anywhere, and ends with the same result.
//!
//! ```text
//!   row says                     what is done
//!   ---------------------------  -----------------------------------------------------------------------------------
//!   alive, no channel            place on a bus -> bus -> rule -> queues -> target -> channel into the row
//!   alive, with a channel        the same once more, which changes nothing that is right
//!   deleting                     rule -> queues -> place given back -> agents, tokens, deployments -> the row itself
//!   nothing                      rule -> queues -> place given back: what somebody who was late left behind
//! ```
//!
//! * The place is taken in one transaction with the bus's counter, and remembered: a second run finds the same bus.
//! * The channel is written only if the row is still at the revision that was read. If it was deleted meanwhile, the loop
//!   looks again, and removes what it has just made.
//! * The place is given back after the rule is gone, so that no rule is ever forgotten on a bus. When there is no place,
//!   all buses are asked.
//! * The schedule looks at every cluster that has waited longer than [`PATIENCE`]: an event that was lost only delays.

mod ledger;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::SignedDuration;
use serde::Serialize;
use switchtower_domain::{
    cluster::{Channel, Cluster, ClusterId, ClusterStatus},
    context::Context,
    resource::Resource,
    tenant::TenantId,
};

pub use self::ledger::Ledger;
use crate::{Error, ports::Provisioning};

/// How many rules a bus is given; AWS allows 300.
pub const PLACES: u64 = 290;
/// How long a cluster waits for its event before the schedule looks at it.
pub const PATIENCE: SignedDuration = SignedDuration::from_secs(120);
/// How often the row is looked at again when others change it at the same time.
const TRIES: usize = 6;
/// The most clusters that a scheduled run looks at.
const MOST_READ: usize = 500;
/// The most clusters that a scheduled run settles.
const MOST: usize = 50;

/// Makes and removes what clusters are reached by.
pub struct Provisioner<L> {
    ledger: L,
    port: Arc<dyn Provisioning>,
}

/// How a cluster was found, or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// It has its queue.
    Provisioned,
    /// Nothing of it is left.
    Removed,
}

/// What a scheduled run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Revisited {
    /// Clusters that were settled.
    pub settled: usize,
    /// Clusters that could not be; the next run tries again.
    pub failed: usize,
}

impl<L: Ledger> Provisioner<L> {
    /// Works by these rows, through this port.
    pub fn new(ledger: L, port: Arc<dyn Provisioning>) -> Self {
        Self { ledger, port }
    }

    /// Looks at a cluster's row and makes the rest of the world agree with it.
    pub async fn settle(&self, context: &Context, tenant: TenantId, id: ClusterId) -> Result<Settled, Error> {
        for _ in 0..TRIES {
            match self.ledger.cluster(tenant, id).await? {
                Some(cluster) if cluster.body.status != ClusterStatus::Deleting => {
                    let channel = self.provision(&cluster).await?;
                    if self.ledger.provisioned(context, cluster, channel).await? {
                        return Ok(Settled::Provisioned);
                    }
                }
                found => {
                    self.remove(id).await?;
                    let Some(cluster) = found else { return Ok(Settled::Removed) };
                    if self.ledger.forget(context, cluster).await? {
                        return Ok(Settled::Removed);
                    }
                }
            }
        }
        Err(Error::Busy)
    }

    /// Looks at every cluster that has waited too long.
    pub async fn revisit(&self, context: &Context) -> Result<Revisited, Error> {
        let before = context.now.saturating_sub(PATIENCE).unwrap_or(context.now);
        let mut revisited = Revisited::default();
        let mut waiting = self.ledger.waiting(context, MOST_READ).await?;
        waiting.retain(|cluster| cluster.updated_at <= before);
        if !waiting.is_empty() {
            // Another one begins each minute, so that those that cannot be settled do not keep the others from it.
            let minute = usize::try_from(context.now.as_second() / 60).unwrap_or_default();
            let first = minute % waiting.len();
            waiting.rotate_left(first);
        }
        for cluster in waiting.into_iter().take(MOST) {
            match self.settle(context, cluster.tenant_id, cluster.id).await {
                Ok(_) => revisited.settled += 1,
                Err(error) => {
                    tracing::error!(cluster = %cluster.id, error = &error as &dyn std::error::Error, "not settled");
                    revisited.failed += 1;
                }
            }
        }
        Ok(revisited)
    }

    async fn provision(&self, cluster: &Resource<Cluster>) -> Result<Channel, Error> {
        let number = self.ledger.take_place(cluster.tenant_id, cluster.id).await?;
        let bus = self.port.bus_name(number);
        if number > 1 {
            // The first bus is part of the template.
            self.port.make_bus(&bus).await.map_err(Error::Unavailable)?;
        }
        let rule = self.port.make_rule(&bus, cluster.id).await.map_err(Error::Unavailable)?;
        let queue = self.port.make_queue(cluster.id, &rule).await.map_err(Error::Unavailable)?;
        self.port.make_target(&bus, cluster.id, &queue.arn).await.map_err(Error::Unavailable)?;
        Ok(Channel { bus, queue_url: queue.url, queue_arn: queue.arn })
    }

    async fn remove(&self, cluster: ClusterId) -> Result<(), Error> {
        let numbers = match self.ledger.place(cluster).await? {
            Some(number) => number..=number,
            None => 1..=self.ledger.last_bus().await?,
        };
        for number in numbers {
            let bus = self.port.bus_name(number);
            self.port.remove_rule(&bus, cluster).await.map_err(Error::Unavailable)?;
        }
        self.port.remove_queues(cluster).await.map_err(Error::Unavailable)?;
        self.ledger.release_place(cluster).await
    }
}
