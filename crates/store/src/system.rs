//! Rows of the system itself: which event bus has room for one more cluster.

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};

use crate::{Store, error::StoreError, key::Key};

impl Store {
    /// Takes a place on a bus; false when all its places are taken.
    pub async fn bus_take(&self, number: u32, places: u32) -> Result<bool, StoreError> {
        let key = Key::Bus { number };
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key.values().into()));
        let result = request
            .update_expression("SET kind = :kind, #schema = :one ADD taken :one")
            .condition_expression("attribute_not_exists(taken) OR taken < :places")
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_values(":kind", AttributeValue::S("bus".to_owned()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":places", AttributeValue::N(places.to_string()))
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Gives a place on a bus back.
    pub async fn bus_release(&self, number: u32) -> Result<(), StoreError> {
        let key = Key::Bus { number };
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key.values().into()));
        let result = request
            .update_expression("ADD taken :minus")
            .condition_expression("taken > :zero")
            .expression_attribute_values(":minus", AttributeValue::N("-1".to_owned()))
            .expression_attribute_values(":zero", AttributeValue::N("0".to_owned()))
            .send()
            .await;
        match result {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }
}
