//! A table of its own for every test, made as the template says.

use std::{
    path::Path,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType,
    },
};
use serde::Deserialize;

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/storage.yaml");
    let text = std::fs::read_to_string(path).expect("infra/storage.yaml can be read");
    serde_saphyr::from_str(&text).expect("infra/storage.yaml describes the table")
});

static NUMBER: AtomicU32 = AtomicU32::new(0);

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
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<KeyPart>,
    global_secondary_indexes: Vec<Index>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyPart {
    attribute_name: String,
    key_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    index_name: String,
    key_schema: Vec<KeyPart>,
}

/// Makes a table; answers its name.
pub async fn create(client: &Client) -> String {
    let name = format!("test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let Properties { attribute_definitions, key_schema, global_secondary_indexes } =
        &TEMPLATE.resources.table.properties;
    client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attribute_definitions.iter().map(attribute).collect()))
        .set_key_schema(Some(key_schema.iter().map(key_part).collect()))
        .set_global_secondary_indexes(Some(global_secondary_indexes.iter().map(index).collect()))
        .send()
        .await
        .expect("the table could not be made");
    name
}

fn attribute(attribute: &Attribute) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(&attribute.attribute_name)
        .attribute_type(ScalarAttributeType::from(attribute.attribute_type.as_str()))
        .build()
        .expect("the attribute is complete")
}

fn key_part(part: &KeyPart) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(&part.attribute_name)
        .key_type(KeyType::from(part.key_type.as_str()))
        .build()
        .expect("the key is complete")
}

fn index(index: &Index) -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder()
        .index_name(&index.index_name)
        .set_key_schema(Some(index.key_schema.iter().map(key_part).collect()))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .expect("the index is complete")
}
