//! Documents larger than a row: compressed, split over several rows, and read back with one Query.

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, Delete, TransactWriteItem},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use switchtower_domain::{
    actor::Actor,
    api_service::{ApiServiceId, Definition},
    deployment::{DeploymentId, Desired, Generation},
};

use crate::{
    Store,
    commit::{Commit, MAX_ROWS},
    cursor::{Listed, Page},
    error::StoreError,
    item::{self, Item},
    key::{self, Key},
    place::unbuilt,
    read::{Found, Range},
};

/// The most bytes of a document, as JSON.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The most compressed bytes of one row, below DynamoDB's 400 KB.
const PART_BYTES: usize = 350_000;
/// The most rows of a document: compressing what cannot be compressed adds less than a row has room for.
const MAX_PARTS: usize = MAX_BYTES.div_ceil(PART_BYTES);
/// How hard it is compressed: beyond this, time grows faster than size shrinks.
const LEVEL: i32 = 3;

/// One generation of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationRow {
    /// The generation.
    pub generation: Generation,
    /// What it desires.
    pub desired: Desired,
    /// SHA-256 of its snapshot, in hexadecimal.
    pub digest: Option<String>,
    /// How large the snapshot is, as JSON.
    pub bytes: usize,
    /// When it was desired.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Actor,
    /// Why, when a reason was given.
    pub reason: Option<String>,
    /// The older generation that it repeats, when it is a rollback.
    #[serde(default)]
    pub restored_from: Option<Generation>,
}

impl Commit<'_> {
    /// Writes an API service's routes and backends.
    pub fn definition(mut self, service: ApiServiceId, definition: &Definition) -> Result<Self, StoreError> {
        let json = serde_json::to_vec(definition).map_err(|error| StoreError::corrupt("definition", error))?;
        self.parts("definition", &json, |part| Key::Definition { service, part })?;
        Ok(self)
    }

    /// Removes an API service's routes and backends.
    pub fn definition_removed(self, service: ApiServiceId) -> Self {
        (0..MAX_PARTS).fold(self, |commit, part| commit.remove(&Key::Definition { service, part }))
    }

    /// Writes a generation of a deployment with its snapshot, which is the JSON that its digest was made of.
    pub fn generation(
        mut self,
        deployment: DeploymentId,
        row: &GenerationRow,
        snapshot: Option<&[u8]>,
    ) -> Result<Self, StoreError> {
        let generation = row.generation;
        if let Some(snapshot) = snapshot {
            self.parts("snapshot", snapshot, |part| Key::Snapshot { deployment, generation, part })?;
        }
        let tenant = self.tenant();
        Ok(self.insert(&Key::Generation { deployment, generation }, "generation", tenant, row))
    }

    fn parts<'k>(&mut self, kind: &str, json: &[u8], key: impl Fn(usize) -> Key<'k>) -> Result<(), StoreError> {
        for (index, part) in split(json)?.into_iter().enumerate() {
            let mut row = item::item(&key(index), kind, self.tenant(), &self.now())?;
            row.insert("parts".to_owned(), part.total);
            row.insert("data".to_owned(), AttributeValue::B(Blob::new(part.data)));
            self.put_item(row);
        }
        Ok(())
    }
}

struct Part {
    total: AttributeValue,
    data: Vec<u8>,
}

fn split(json: &[u8]) -> Result<Vec<Part>, StoreError> {
    if json.len() > MAX_BYTES {
        return Err(StoreError::TooLarge { bytes: json.len(), limit: MAX_BYTES });
    }
    let compressed = zstd::bulk::compress(json, LEVEL).map_err(|error| StoreError::corrupt("document", error))?;
    let chunks: Vec<_> = compressed.chunks(PART_BYTES).collect();
    let total = AttributeValue::N(chunks.len().to_string());
    Ok(chunks.into_iter().map(|data| Part { total: total.clone(), data: data.to_vec() }).collect())
}

/// Puts the parts of a document together; rows beyond the total are left over from a larger one.
fn join(rows: Vec<Item>) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(first) = rows.first() else { return Ok(None) };
    let name = item::text(first, "pk").unwrap_or_default();
    let total = item::number(first, "parts").and_then(|n| usize::try_from(n).ok()).unwrap_or(rows.len());
    if rows.len() < total {
        return Err(StoreError::corrupt(name, "a part is missing"));
    }
    // Every write stamps its parts with its time: different stamps were read in the middle of a write.
    if rows.iter().take(total).any(|row| row.get("doc") != first.get("doc")) {
        return Err(StoreError::Stale);
    }
    let mut compressed = Vec::new();
    for row in rows.iter().take(total) {
        let data = row.get("data").and_then(|value| value.as_b().ok());
        compressed.extend(data.ok_or_else(|| StoreError::corrupt(name.clone(), "a part has no data"))?.as_ref());
    }
    let json = zstd::bulk::decompress(&compressed, MAX_BYTES).map_err(|error| StoreError::corrupt(name, error))?;
    Ok(Some(json))
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(json).map_err(|error| StoreError::corrupt("document", error))
}

impl Found {
    /// An API service's routes and backends, when their first row was read; `None` when there are more rows.
    pub fn definition(&mut self, service: ApiServiceId) -> Result<Option<Definition>, StoreError> {
        let Some(row) = self.row(&Key::Definition { service, part: 0 }) else { return Ok(Some(Definition::default())) };
        if item::number(&row, "parts") != Some(1) {
            return Ok(None);
        }
        join(vec![row])?.map(|json| parse(&json)).transpose()
    }
}

impl Store {
    /// An API service's routes and backends; empty when none were ever written.
    pub async fn definition(&self, service: ApiServiceId) -> Result<Definition, StoreError> {
        let range = Range::table(service.to_string()).beginning(key::DEFINITION);
        let mut json = join(self.query(&range, None, usize::MAX).await?);
        for _ in 0..3 {
            if !matches!(json, Err(StoreError::Stale)) {
                break;
            }
            json = join(self.query(&range, None, usize::MAX).await?);
        }
        json?.map_or_else(|| Ok(Definition::default()), |json| parse(&json))
    }

    /// The snapshot of a generation, as the JSON that was written.
    pub async fn snapshot(
        &self,
        deployment: DeploymentId,
        generation: Generation,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let prefix = key::snapshot_parts(generation);
        let request = self.client.query().table_name(&self.table).consistent_read(true);
        let mut rows = Vec::new();
        let mut pages = request
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(deployment.to_string()))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            rows.extend(page.map_err(StoreError::from_sdk)?.items.unwrap_or_default());
        }
        join(rows)
    }

    /// Forgets all generations of a deployment with their snapshots.
    pub async fn generations_remove(&self, deployment: DeploymentId) -> Result<(), StoreError> {
        for prefix in [key::GENERATION, key::SNAPSHOT] {
            let range = Range::table(deployment.to_string()).beginning(prefix);
            let keys: Vec<Item> = self.query(&range, None, usize::MAX).await?.into_iter().map(item::keys).collect();
            for keys in keys.chunks(MAX_ROWS) {
                let delete = |key: &Item| {
                    let delete = Delete::builder().table_name(&self.table).set_key(Some(key.clone())).build();
                    Ok(TransactWriteItem::builder().delete(delete.map_err(unbuilt)?).build())
                };
                let rows: Vec<_> = keys.iter().map(delete).collect::<Result<_, StoreError>>()?;
                if !self.both_or_neither(rows).await? {
                    return Err(StoreError::Stale);
                }
            }
        }
        Ok(())
    }

    /// The generations of a deployment, newest first.
    pub async fn generations(
        &self,
        deployment: DeploymentId,
        page: &Page,
    ) -> Result<Listed<GenerationRow>, StoreError> {
        let range = Range::table(deployment.to_string()).beginning(key::GENERATION);
        self.list_range(&Range { newest_first: true, ..range }, page).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_above_the_limit_is_refused_with_its_size() {
        let json = vec![b'x'; MAX_BYTES + 1];
        assert!(matches!(split(&json), Err(StoreError::TooLarge { bytes, .. }) if bytes == MAX_BYTES + 1));
    }

    #[test]
    fn parts_of_different_writes_are_not_put_together() {
        let part = |stamp: &str| {
            Item::from([
                ("doc".into(), AttributeValue::S(stamp.into())),
                ("data".into(), AttributeValue::B(Blob::new([]))),
                ("parts".into(), AttributeValue::N("2".into())),
            ])
        };
        assert!(matches!(join(vec![part("1"), part("2")]), Err(StoreError::Stale)));
    }

    #[test]
    fn incompressible_documents_are_split() {
        let mut state = 1_u64;
        let json: Vec<u8> = (0..MAX_BYTES)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 56) as u8
            })
            .collect();
        let parts = split(&json).unwrap();
        assert_eq!(parts.len(), MAX_PARTS);
        let rows = parts
            .into_iter()
            .map(|part| {
                Item::from([("data".into(), AttributeValue::B(Blob::new(part.data))), ("parts".into(), part.total)])
            })
            .collect();
        assert_eq!(join(rows).unwrap().unwrap(), json);
    }
}
