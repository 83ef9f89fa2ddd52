//! Heartbeats: when agents were last heard, and what is due by their silence.
//!
//! A heartbeat writes one row and reads none: the write is conditional on what the row says already. What follows from
//! silence is decided on rows that were read, and written only while they are as they were read.

use std::collections::HashMap;

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use switchtower_domain::{
    agent::{AgentId, AgentStatus},
    cluster::{Cluster, ClusterId},
    resource::{Kind, Resource},
    tenant::TenantId,
};

use crate::{
    Store,
    commit::{Commit, Refusal},
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
    /// The version that it said it has.
    pub version: String,
    /// The status up to which everything was made to follow; the agent's own row tells the rest.
    pub status: AgentStatus,
}

impl Liveness {
    /// What the row said, as a value of a condition.
    fn heard_at(&self) -> HashMap<String, AttributeValue> {
        [(":heard".to_owned(), AttributeValue::S(self.last_heartbeat_at.to_string()))].into()
    }

    fn key(&self) -> Key<'static> {
        Key::Liveness { cluster: self.cluster_id, agent: self.agent_id }
    }

    /// When the watch must look at it: never, when all is known that silence can tell; at once, when it was revoked.
    fn due(&self) -> Option<String> {
        let at = match self.status {
            AgentStatus::Offline => return None,
            AgentStatus::Revoked => Timestamp::UNIX_EPOCH,
            AgentStatus::Online | AgentStatus::Degraded | AgentStatus::Draining => self.last_heartbeat_at,
        };
        Some(key::due(at, &self.agent_id.to_string()))
    }
}

/// That an agent was not heard since its row was read.
const UNHEARD: &str = "doc.last_heartbeat_at = :heard";

/// The row of a heartbeat.
fn row(liveness: &Liveness) -> Result<Item, StoreError> {
    let mut row = item::item(&liveness.key(), "liveness", liveness.tenant_id, liveness)?;
    if let Some(due) = liveness.due() {
        row.insert("gsi2pk".to_owned(), AttributeValue::S(key::WATCH_LIVENESS.to_owned()));
        row.insert("gsi2sk".to_owned(), AttributeValue::S(due));
    }
    Ok(row)
}

/// What rows say; one that cannot be read is logged and does not stand in the way of the others.
fn readable<T: DeserializeOwned>(rows: Vec<Item>) -> Vec<T> {
    let read = |row| item::doc(row).inspect_err(|error| tracing::error!(%error, "a row is left out")).ok();
    rows.into_iter().filter_map(read).collect()
}

impl Commit<'_> {
    /// Writes an agent's liveness together with its row.
    pub fn liveness(mut self, liveness: &Liveness) -> Result<Self, StoreError> {
        self.put_item(row(liveness)?);
        Ok(self)
    }

    /// Writes an agent's liveness, unless it was heard since `before` was read.
    pub fn liveness_after(mut self, before: &Liveness, after: &Liveness) -> Result<Self, StoreError> {
        let result = self.put_when(row(after)?, UNHEARD, Some(before.heard_at()), Refusal::Stale);
        self.note(result);
        Ok(self)
    }

    /// Refuses the transaction if an agent was heard since its row was read.
    pub fn liveness_unheard(mut self, liveness: &Liveness) -> Self {
        let result = self.check(&liveness.key(), UNHEARD, liveness.heard_at(), Refusal::Stale);
        self.note(result);
        self
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

    /// Writes a heartbeat of an agent that says nothing new; false, with nothing written, when its row says something else.
    pub async fn heard(&self, liveness: &Liveness) -> Result<bool, StoreError> {
        let request = self.client.update_item().table_name(&self.table).set_key(Some(liveness.key().values().into()));
        let result = request
            .update_expression("SET doc.last_heartbeat_at = :heard, doc.applied_version = :applied, gsi2sk = :due")
            .condition_expression("doc.#status = :status AND doc.#version = :version AND attribute_exists(gsi2pk)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#version", "version")
            .set_expression_attribute_values(Some(liveness.heard_at()))
            .expression_attribute_values(":applied", AttributeValue::N(liveness.applied_version.to_string()))
            .expression_attribute_values(":due", AttributeValue::S(liveness.due().unwrap_or_default()))
            .expression_attribute_values(":status", AttributeValue::S(liveness.status.name().to_owned()))
            .expression_attribute_values(":version", AttributeValue::S(liveness.version.clone()))
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
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

    /// A cluster, and how often what is desired on it has changed, in one call.
    pub async fn cluster_now(
        &self,
        tenant: TenantId,
        cluster: ClusterId,
    ) -> Result<(Option<Resource<Cluster>>, u64), StoreError> {
        let id = cluster.to_string();
        let row = Key::Resource { tenant, kind: Cluster::KIND, id: &id };
        let version = Key::DesiredVersion { cluster };
        let mut found = self.get_many(&[row, version]).await?;
        let version = found.number(&version, "desired_version").unwrap_or_default();
        Ok((found.doc(&row)?, version))
    }

    /// Agents of all tenants that have been silent since before `before`, longest silence first.
    pub async fn agents_silent_since(&self, before: Timestamp, most: usize) -> Result<Vec<Liveness>, StoreError> {
        Ok(readable(self.due(key::WATCH_LIVENESS, before, most).await?))
    }

    /// Resources of one kind, of all tenants, that were due before a time, longest ago first.
    pub async fn due_resources<K: Kind>(&self, before: Timestamp, most: usize) -> Result<Vec<Resource<K>>, StoreError> {
        Ok(readable(self.due(&key::watch(K::KIND), before, most).await?))
    }

    /// Rows of `gsi2` that were due before a time, following DynamoDB's own pages.
    pub(crate) async fn due(&self, partition: &str, before: Timestamp, most: usize) -> Result<Vec<Item>, StoreError> {
        let (mut rows, mut start) = (Vec::new(), None);
        loop {
            let left = i32::try_from(most.saturating_sub(rows.len())).unwrap_or(i32::MAX);
            let request = self.client.query().table_name(&self.table).index_name("gsi2");
            let output = request
                .key_condition_expression("gsi2pk = :pk AND gsi2sk < :before")
                .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()))
                .expression_attribute_values(":before", AttributeValue::S(key::due_time(before)))
                .limit(left)
                .set_exclusive_start_key(start.take())
                .send()
                .await
                .map_err(StoreError::from_sdk)?;
            rows.extend(output.items.unwrap_or_default());
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || rows.len() >= most {
                return Ok(rows);
            }
        }
    }
}
