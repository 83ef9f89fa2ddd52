//! Items: what every row of the table has, and how values become rows.

use std::collections::HashMap;

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use switchtower_domain::{
    resource::{Home, Kind, Resource},
    tenant::TenantId,
};

use crate::{
    Store,
    error::StoreError,
    key::{self, Key},
};

/// A row.
pub type Item = HashMap<String, AttributeValue>;

/// The version of the rows' form.
const SCHEMA: &str = "1";

/// A row that says `doc`.
pub(crate) fn item(key: &Key<'_>, kind: &str, tenant: TenantId, doc: &impl Serialize) -> Result<Item, StoreError> {
    let doc = serde_dynamo::to_attribute_value(doc).map_err(|error| StoreError::corrupt(key.pk(), error))?;
    let mut item: Item = key.values().into();
    item.insert("kind".to_owned(), AttributeValue::S(kind.to_owned()));
    item.insert("tenant_id".to_owned(), AttributeValue::S(tenant.to_string()));
    item.insert("schema".to_owned(), AttributeValue::N(SCHEMA.to_owned()));
    item.insert("doc".to_owned(), doc);
    Ok(item)
}

/// The row of a resource.
pub(crate) fn resource_item<K: Kind>(resource: &Resource<K>) -> Result<Item, StoreError> {
    let id = resource.id.to_string();
    let mut item = item(&resource_key(resource, &id), K::KIND, resource.tenant_id, resource)?;
    item.insert("revision".to_owned(), AttributeValue::N(resource.revision.0.to_string()));
    if let Some(group) = resource.body.group() {
        let partition = key::tenant_group(resource.tenant_id, K::KIND, &group);
        item.insert("gsi1pk".to_owned(), AttributeValue::S(partition));
        item.insert("gsi1sk".to_owned(), AttributeValue::S(id.clone()));
    }
    if let Some(due) = resource.body.due() {
        item.insert("gsi2pk".to_owned(), AttributeValue::S(key::watch(K::KIND)));
        item.insert("gsi2sk".to_owned(), AttributeValue::S(key::due(due, &id)));
    }
    Ok(item)
}

/// Where a resource stands.
pub(crate) fn resource_key<'a, K: Kind>(resource: &Resource<K>, id: &'a str) -> Key<'a> {
    match resource.body.home() {
        Home::Tenant => Key::Resource { tenant: resource.tenant_id, kind: K::KIND, id },
        Home::Cluster(cluster) => {
            // INVARIANT: only deployments live with their cluster; the two ids have the same number.
            let id = id.parse().unwrap_or_else(|_| switchtower_domain::deployment::DeploymentId::nil());
            Key::Deployment { cluster, id }
        }
    }
}

/// Marks a row to be deleted by DynamoDB some time after `at`.
pub(crate) fn expiring(mut item: Item, at: Timestamp) -> Item {
    item.insert("expires_at".to_owned(), AttributeValue::N(at.as_second().to_string()));
    item
}

/// Whether a row should have been deleted by now.
pub(crate) fn is_expired(item: &Item, now: Timestamp) -> bool {
    let end = item.get("expires_at").and_then(|value| value.as_n().ok()).and_then(|n| n.parse::<i64>().ok());
    end.is_some_and(|end| end <= now.as_second())
}

/// What a row says.
pub(crate) fn doc<T: DeserializeOwned>(mut item: Item) -> Result<T, StoreError> {
    let name = text(&item, "pk").unwrap_or_default();
    let doc = item.remove("doc").ok_or_else(|| StoreError::corrupt(name.clone(), "there is no `doc`"))?;
    serde_dynamo::from_attribute_value(doc).map_err(|error| StoreError::corrupt(name, error))
}

/// Where a row stands.
pub(crate) fn keys(mut item: Item) -> Item {
    item.retain(|name, _| name == "pk" || name == "sk");
    item
}

/// A text of a row.
pub(crate) fn text(item: &Item, field: &str) -> Option<String> {
    item.get(field).and_then(|value| value.as_s().ok()).cloned()
}

/// A number of a row.
pub(crate) fn number(item: &Item, field: &str) -> Option<u64> {
    item.get(field).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok())
}

impl Store {
    /// Writes a row unless one stands there; true when it was written.
    pub(crate) async fn put_if_absent(&self, row: Item) -> Result<bool, StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }
}
