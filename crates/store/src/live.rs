//! Heartbeats: when agents were last heard, and what is due by their silence.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use switchtower_domain::{
    agent::{AgentId, AgentStatus},
    cluster::ClusterId,
    resource::{Kind, Resource},
    tenant::TenantId,
};

use crate::{
    Store,
    commit::Commit,
    error::StoreError,
    item::{self, Item},
    key::{self, Key},
    read::Range,
};

/// An agent's last heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Liveness {
    /// The agent.
    pub agent_id: AgentId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Its cluster.
    pub cluster_id: ClusterId,
    /// When it was last heard.
    pub last_heartbeat_at: Timestamp,
    /// Up to which `desired_version` it has converged.
    pub applied_version: u64,
    /// The status that its row has.
    pub status: AgentStatus,
}

/// The row of a heartbeat, due for a look by its time unless the agent is past caring.
fn row(liveness: &Liveness) -> Result<Item, StoreError> {
    let key = Key::Liveness { cluster: liveness.cluster_id, agent: liveness.agent_id };
    let mut row = item::item(&key, "liveness", liveness.tenant_id, liveness)?;
    if !matches!(liveness.status, AgentStatus::Offline | AgentStatus::Revoked) {
        let due = key::due(liveness.last_heartbeat_at, &liveness.agent_id.to_string());
        row.insert("gsi2pk".to_owned(), AttributeValue::S(key::WATCH_LIVENESS.to_owned()));
        row.insert("gsi2sk".to_owned(), AttributeValue::S(due));
    }
    Ok(row)
}

impl Commit<'_> {
    /// Writes an agent's liveness together with its row.
    pub fn liveness(mut self, liveness: &Liveness) -> Result<Self, StoreError> {
        self.put_item(row(liveness)?);
        Ok(self)
    }

    /// Forgets an agent's liveness.
    pub fn liveness_removed(self, cluster: ClusterId, agent: AgentId) -> Self {
        self.remove(&Key::Liveness { cluster, agent })
    }
}

impl Store {
    /// An agent's last heartbeat.
    pub async fn liveness(&self, cluster: ClusterId, agent: AgentId) -> Result<Option<Liveness>, StoreError> {
        self.get_doc(&Key::Liveness { cluster, agent }).await
    }

    /// Writes an agent's liveness on its own.
    pub async fn put_liveness(&self, liveness: &Liveness) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row(liveness)?));
        put.send().await.map(drop).map_err(StoreError::from_sdk)
    }

    /// The liveness of a cluster's agents; at most 100.
    pub async fn cluster_liveness(&self, cluster: ClusterId) -> Result<Vec<Liveness>, StoreError> {
        let range = Range::table(key::cluster_partition(cluster)).beginning(key::LIVENESS);
        self.query(&range, None, 100).await?.into_iter().map(item::doc).collect()
    }

    /// How often what is desired on a cluster has changed.
    pub async fn desired_version(&self, cluster: ClusterId) -> Result<u64, StoreError> {
        let row = self.get_item(&Key::DesiredVersion { cluster }).await?;
        Ok(row.and_then(|row| item::number(&row, "desired_version")).unwrap_or_default())
    }

    /// Agents of all tenants that have been silent since before `before`, longest silence first.
    pub async fn agents_silent_since(&self, before: Timestamp, most: usize) -> Result<Vec<Liveness>, StoreError> {
        let rows = self.due(key::WATCH_LIVENESS, before, most).await?;
        rows.into_iter().map(item::doc).collect()
    }

    /// Resources of one kind, of all tenants, that were due before a time, longest ago first.
    pub async fn due_resources<K: Kind>(&self, before: Timestamp, most: usize) -> Result<Vec<Resource<K>>, StoreError> {
        let rows = self.due(&key::watch(K::KIND), before, most).await?;
        rows.into_iter().map(item::doc).collect()
    }

    /// Rows of `gsi2` that were due before a time.
    pub(crate) async fn due(&self, partition: &str, before: Timestamp, most: usize) -> Result<Vec<Item>, StoreError> {
        let request = self.client.query().table_name(&self.table).index_name("gsi2");
        let output = request
            .key_condition_expression("gsi2pk = :pk AND gsi2sk < :before")
            .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()))
            .expression_attribute_values(":before", AttributeValue::S(key::due_time(before)))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        Ok(output.items.unwrap_or_default())
    }
}
