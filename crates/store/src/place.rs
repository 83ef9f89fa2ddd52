//! Places on event buses: a bus holds a limited number of rules, and each cluster has one.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, Delete, Put, TransactWriteItem, Update},
};
use switchtower_domain::{
    cluster::ClusterId,
    tenant::{SYSTEM_TENANT, TenantId},
};

use crate::{
    Store,
    error::StoreError,
    item,
    key::{self, Key},
    read::Range,
};

/// How often a place is looked for again when others take the last one of a bus.
const TRIES: usize = 8;

impl Store {
    /// The number of the bus on which a cluster has its place.
    pub async fn place(&self, cluster: ClusterId) -> Result<Option<u32>, StoreError> {
        self.get_doc(&Key::Place { cluster }).await
    }

    /// The number of the last bus on which any cluster ever had a place; 1 when there was none.
    pub async fn last_bus(&self) -> Result<u32, StoreError> {
        let buses = self.buses().await?;
        Ok(buses.keys().copied().max().unwrap_or(1))
    }

    /// Takes a place for a cluster on the first bus with room, and remembers it: asked again, it is the same.
    pub async fn place_take(&self, tenant: TenantId, cluster: ClusterId, places: u64) -> Result<u32, StoreError> {
        for _ in 0..TRIES {
            if let Some(number) = self.place(cluster).await? {
                return Ok(number);
            }
            let number = first_with_room(&self.buses().await?, places);
            let place = item::item(&Key::Place { cluster }, "place", tenant, &number)?;
            let place = Put::builder().table_name(&self.table).set_item(Some(place));
            let place = place.condition_expression("attribute_not_exists(pk)").build();
            let count = Update::builder()
                .table_name(&self.table)
                .set_key(Some(Key::Bus { number }.values().into()))
                .update_expression("SET kind = :kind, tenant_id = :tenant, #schema = :one ADD taken :one")
                .condition_expression("attribute_not_exists(taken) OR taken < :places")
                .expression_attribute_names("#schema", "schema")
                .expression_attribute_values(":kind", AttributeValue::S("bus".to_owned()))
                .expression_attribute_values(":tenant", AttributeValue::S(SYSTEM_TENANT.to_string()))
                .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
                .expression_attribute_values(":places", AttributeValue::N(places.to_string()))
                .build();
            let rows = [
                TransactWriteItem::builder().put(place.map_err(unbuilt)?).build(),
                TransactWriteItem::builder().update(count.map_err(unbuilt)?).build(),
            ];
            if self.both_or_neither(rows).await? {
                return Ok(number);
            }
        }
        Err(StoreError::Stale)
    }

    /// Gives a cluster's place back. Giving it back twice is harmless.
    pub async fn place_release(&self, cluster: ClusterId) -> Result<(), StoreError> {
        let Some(number) = self.place(cluster).await? else { return Ok(()) };
        let place = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(Key::Place { cluster }.values().into()))
            .condition_expression("attribute_exists(pk)")
            .build();
        let count = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::Bus { number }.values().into()))
            .update_expression("ADD taken :minus")
            .expression_attribute_values(":minus", AttributeValue::N("-1".to_owned()))
            .build();
        let rows = [
            TransactWriteItem::builder().delete(place.map_err(unbuilt)?).build(),
            TransactWriteItem::builder().update(count.map_err(unbuilt)?).build(),
        ];
        if self.both_or_neither(rows).await? || self.place(cluster).await?.is_none() {
            return Ok(());
        }
        Err(StoreError::Stale)
    }

    /// How many places are taken on each bus.
    async fn buses(&self) -> Result<HashMap<u32, u64>, StoreError> {
        let rows = self.query(&Range::table(key::BUSES.to_owned()), None, usize::MAX).await?;
        let bus = |row: &item::Item| {
            let number = item::text(row, "sk")?.parse().ok()?;
            Some((number, item::number(row, "taken").unwrap_or_default()))
        };
        Ok(rows.iter().filter_map(bus).collect())
    }

    /// Writes a transaction; false when a condition or another transaction stood in its way.
    pub(crate) async fn both_or_neither(
        &self,
        rows: impl IntoIterator<Item = TransactWriteItem>,
    ) -> Result<bool, StoreError> {
        let rows = rows.into_iter().collect();
        match self.client.transact_write_items().set_transact_items(Some(rows)).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    let mut codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
                    let beaten = codes.any(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"));
                    if beaten { Ok(false) } else { Err(StoreError::from_sdk(error)) }
                }
                _ => Err(StoreError::from_sdk(error)),
            },
        }
    }
}

/// The lowest number of a bus with fewer than `places` taken.
fn first_with_room(taken: &HashMap<u32, u64>, places: u64) -> u32 {
    (1..u32::MAX).find(|number| taken.get(number).is_none_or(|taken| *taken < places)).unwrap_or(u32::MAX)
}

pub(crate) fn unbuilt(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_bus_is_passed_over_and_a_gap_is_used_again() {
        assert_eq!(first_with_room(&HashMap::new(), 2), 1);
        assert_eq!(first_with_room(&HashMap::from([(1, 2), (2, 1)]), 2), 2);
        assert_eq!(first_with_room(&HashMap::from([(1, 2), (2, 2)]), 2), 3);
        assert_eq!(first_with_room(&HashMap::from([(1, 1), (2, 2)]), 2), 1);
    }
}
