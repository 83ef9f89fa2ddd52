//! Reading: one row, several rows, and parts of lists.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::de::DeserializeOwned;
use switchtower_domain::{
    cluster::ClusterId,
    deployment::{Deployment, DeploymentId},
    id::Id,
    product::ProductId,
    product_publish::ProductPublishId,
    resource::{Kind, Reference, Resource},
    tenant::TenantId,
};

use crate::{
    Store,
    cursor::{self, Listed, Page},
    error::StoreError,
    item::{self, Item},
    key::{self, Key},
};

/// Rows that were read together.
#[derive(Debug, Default)]
pub struct Found(HashMap<(String, String), Item>);

impl Found {
    /// What the row at a key says.
    pub fn doc<T: DeserializeOwned>(&mut self, key: &Key<'_>) -> Result<Option<T>, StoreError> {
        self.row(key).map(item::doc).transpose()
    }

    /// The row at a key.
    pub(crate) fn row(&mut self, key: &Key<'_>) -> Option<Item> {
        self.0.remove(&(key.pk(), key.sk()))
    }

    /// Takes in what else was found.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// A number of the row at a key.
    pub(crate) fn number(&self, key: &Key<'_>, field: &str) -> Option<u64> {
        self.0.get(&(key.pk(), key.sk())).and_then(|row| item::number(row, field))
    }

    /// The resource of that id.
    pub fn resource<K: Kind>(&mut self, tenant: TenantId, id: Id<K>) -> Result<Option<Resource<K>>, StoreError> {
        self.doc(&Key::Resource { tenant, kind: K::KIND, id: &id.to_string() })
    }
}

/// A query over one partition of the table or of an index.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) index: Option<&'static str>,
    pub(crate) partition: String,
    pub(crate) prefix: Option<&'static str>,
    pub(crate) newest_first: bool,
}

impl Range {
    pub(crate) fn table(partition: String) -> Self {
        Self { index: None, partition, prefix: None, newest_first: false }
    }

    pub(crate) fn gsi1(partition: String) -> Self {
        Self { index: Some("gsi1"), ..Self::table(partition) }
    }

    pub(crate) fn beginning(self, prefix: &'static str) -> Self {
        Self { prefix: Some(prefix), ..self }
    }

    fn name(&self) -> String {
        format!("{}|{}|{}", self.index.unwrap_or_default(), self.partition, self.prefix.unwrap_or_default())
    }
}

impl Store {
    /// One row, read consistently.
    pub(crate) async fn get_item(&self, key: &Key<'_>) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.values().into()));
        let output = request.consistent_read(true).send().await.map_err(StoreError::from_sdk)?;
        Ok(output.item)
    }

    /// What one row says.
    pub async fn get_doc<T: DeserializeOwned>(&self, key: &Key<'_>) -> Result<Option<T>, StoreError> {
        self.get_item(key).await?.map(item::doc).transpose()
    }

    /// A resource of a tenant.
    pub async fn get<K: Kind>(&self, tenant: TenantId, id: Id<K>) -> Result<Option<Resource<K>>, StoreError> {
        self.get_doc(&Key::Resource { tenant, kind: K::KIND, id: &id.to_string() }).await
    }

    /// Several rows in one call, read consistently; at most 100.
    pub async fn get_many(&self, keys: &[Key<'_>]) -> Result<Found, StoreError> {
        let mut wanted: Vec<Item> = Vec::new();
        for key in keys {
            let values: Item = key.values().into();
            if !wanted.contains(&values) {
                wanted.push(values);
            }
        }
        let mut found = Found::default();
        // What DynamoDB leaves out under load is asked for again, a few times.
        for _ in 0..4 {
            if wanted.is_empty() {
                return Ok(found);
            }
            let request = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
            let request = request.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
            let output = self.client.batch_get_item().request_items(&self.table, request).send().await;
            let output = output.map_err(StoreError::from_sdk)?;
            for row in output.responses.unwrap_or_default().remove(&self.table).unwrap_or_default() {
                let place = (item::text(&row, "pk").unwrap_or_default(), item::text(&row, "sk").unwrap_or_default());
                found.0.insert(place, row);
            }
            let left = output.unprocessed_keys.unwrap_or_default().remove(&self.table);
            wanted = left.map(|left| left.keys).unwrap_or_default();
        }
        Err(StoreError::Throttled("DynamoDB left keys unread".into()))
    }

    /// A tenant's resources of one kind, oldest first.
    pub async fn list<K: Kind>(&self, tenant: TenantId, page: &Page) -> Result<Listed<Resource<K>>, StoreError> {
        self.list_range(&Range::table(key::tenant_kind(tenant, K::KIND)), page).await
    }

    /// A tenant's resources of one kind under something, oldest first.
    pub async fn list_group<K: Kind>(
        &self,
        tenant: TenantId,
        group: &str,
        page: &Page,
    ) -> Result<Listed<Resource<K>>, StoreError> {
        self.list_range(&Range::gsi1(key::tenant_group(tenant, K::KIND, group)), page).await
    }

    /// Who needs a resource; at most 20 are named.
    pub async fn users_of<K: Kind>(&self, id: Id<K>) -> Result<Vec<Reference>, StoreError> {
        let range = Range::table(id.to_string()).beginning(key::REFERENCE);
        self.query(&range, None, 20).await?.into_iter().map(item::doc).collect()
    }

    /// The publishes of a product, oldest first; at most `most`.
    pub async fn publishes_of(&self, product: ProductId, most: usize) -> Result<Vec<ProductPublishId>, StoreError> {
        let range = Range::table(product.to_string()).beginning(key::PUBLISH_REFERENCE);
        let rows = self.query(&range, None, most).await?;
        let id = |row| -> Result<_, StoreError> {
            let Reference { id, .. } = item::doc(row)?;
            id.parse().map_err(|error| StoreError::corrupt(id, error))
        };
        rows.into_iter().map(id).collect()
    }

    /// The deployments of a cluster, read consistently.
    pub async fn list_cluster_deployments(
        &self,
        cluster: ClusterId,
        page: &Page,
    ) -> Result<Listed<Resource<Deployment>>, StoreError> {
        let range = Range::table(key::cluster_partition(cluster)).beginning(key::DEPLOYMENT);
        self.list_range(&range, page).await
    }

    /// A deployment whose cluster is known.
    pub async fn get_deployment(
        &self,
        cluster: ClusterId,
        id: DeploymentId,
    ) -> Result<Option<Resource<Deployment>>, StoreError> {
        self.get_doc(&Key::Deployment { cluster, id }).await
    }

    /// A deployment of a tenant whose cluster is not known: found by the index, read from the table.
    pub async fn find_deployment(
        &self,
        tenant: TenantId,
        id: DeploymentId,
    ) -> Result<Option<Resource<Deployment>>, StoreError> {
        let Some(deployment) = self.glimpse_deployment(tenant, id).await? else { return Ok(None) };
        self.get_deployment(deployment.body.cluster_id, id).await
    }

    /// A deployment of a tenant as the index knows it, which may be a little late.
    pub async fn glimpse_deployment(
        &self,
        tenant: TenantId,
        id: DeploymentId,
    ) -> Result<Option<Resource<Deployment>>, StoreError> {
        let partition = key::tenant_group(tenant, Deployment::KIND, "all");
        let request = self.client.query().table_name(&self.table).index_name("gsi1");
        let output = request
            .key_condition_expression("gsi1pk = :pk AND gsi1sk = :sk")
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":sk", AttributeValue::S(id.to_string()))
            .limit(1)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        output.items.unwrap_or_default().into_iter().next().map(item::doc).transpose()
    }

    pub(crate) async fn list_range<T: DeserializeOwned>(
        &self,
        range: &Range,
        page: &Page,
    ) -> Result<Listed<T>, StoreError> {
        let Listed { items, next_cursor } = self.list_rows(range, page).await?;
        let items = items.into_iter().map(item::doc).collect::<Result<_, _>>()?;
        Ok(Listed { items, next_cursor })
    }

    pub(crate) async fn list_rows(&self, range: &Range, page: &Page) -> Result<Listed<Item>, StoreError> {
        let query = range.name();
        let from = page.cursor.as_deref().map(|text| cursor::open(&page.key, &query, text)).transpose()?;
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        // One row more than asked for tells whether there is a next page.
        let mut rows = self.query(range, from.map(cursor::start), limit.saturating_add(1)).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = match rows.last() {
            Some(last) if more => {
                let mut position = cursor::position(last);
                if range.index.is_none() {
                    position.retain(|name, _| !name.starts_with("gsi"));
                }
                Some(cursor::seal(&page.key, &query, &position)?)
            }
            _ => None,
        };
        Ok(Listed { items: rows, next_cursor })
    }

    /// At most `most` rows of a range, following DynamoDB's own pages.
    pub(crate) async fn query(
        &self,
        range: &Range,
        mut start: Option<Item>,
        most: usize,
    ) -> Result<Vec<Item>, StoreError> {
        let (pk, sk) = match range.index {
            Some("gsi1") => ("gsi1pk", "gsi1sk"),
            Some(_) => ("gsi2pk", "gsi2sk"),
            None => ("pk", "sk"),
        };
        let mut rows = Vec::new();
        loop {
            let left = i32::try_from(most.saturating_sub(rows.len())).unwrap_or(i32::MAX);
            let mut request = self
                .client
                .query()
                .table_name(&self.table)
                .set_index_name(range.index.map(str::to_owned))
                .consistent_read(range.index.is_none())
                .scan_index_forward(!range.newest_first)
                .expression_attribute_values(":pk", AttributeValue::S(range.partition.clone()))
                .limit(left)
                .set_exclusive_start_key(start.take());
            request = match range.prefix {
                Some(prefix) => request
                    .key_condition_expression(format!("{pk} = :pk AND begins_with({sk}, :prefix)"))
                    .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned())),
                None => request.key_condition_expression(format!("{pk} = :pk")),
            };
            let output = request.send().await.map_err(StoreError::from_sdk)?;
            rows.extend(output.items.unwrap_or_default());
            start = output.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || rows.len() >= most {
                return Ok(rows);
            }
        }
    }
}
