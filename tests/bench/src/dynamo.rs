//! The emulator's DynamoDB, without a gate.

use std::{io, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Fallible, wire};

/// Where the table is described.
const TEMPLATE: &str = "infra/storage.yaml";

/// A client that opens a connection for each call.
pub(crate) struct Dynamo {
    address: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    resources: Resources,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    table: Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Table {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    attribute_definitions: Value,
    key_schema: Value,
    global_secondary_indexes: Value,
}

impl Dynamo {
    /// A client of an address.
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    /// Makes the table as the template describes it.
    pub(crate) fn create_table(&self, name: &str) -> Fallible<()> {
        let template: Template = serde_saphyr::from_str(&std::fs::read_to_string(TEMPLATE)?)?;
        let Properties { attribute_definitions, key_schema, global_secondary_indexes } =
            template.resources.table.properties;
        let body = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": attribute_definitions,
            "KeySchema": key_schema,
            "GlobalSecondaryIndexes": global_secondary_indexes,
        });
        let answer = self.call("CreateTable", &body)?;
        if answer.get("TableDescription").is_none() {
            return Err(format!("the table could not be made: {answer}").into());
        }
        Ok(())
    }

    /// An item, if it is there.
    pub(crate) fn item(&self, table: &Value, key: &Value) -> Option<Value> {
        let body = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
        self.call("GetItem", &body).ok()?.get("Item").cloned()
    }

    fn call(&self, action: &str, body: &Value) -> io::Result<Value> {
        let mut stream = wire::connect(&self.address)?;
        stream.get_ref().set_read_timeout(Some(Duration::from_secs(30)))?;
        let credential = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
        let body = body.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-amz-json-1.0\r\nx-amz-target: DynamoDB_20120810.{action}\r\n\
             authorization: {credential}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        io::Write::write_all(stream.get_mut(), (head + &body).as_bytes())?;
        let answer = wire::read(&mut stream)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        serde_json::from_slice(&answer.body).map_err(Into::into)
    }
}
