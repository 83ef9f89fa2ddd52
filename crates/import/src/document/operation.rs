//! An operation object.

use serde::de::MapAccess;

use super::{
    Extras, Server,
    object::{Fields, list, objects, present},
};

/// An operation: a method of a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) operation_id: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) servers: Vec<Server>,
    pub(crate) has_callbacks: bool,
    pub(crate) extras: Extras,
}

impl Fields for Operation {
    const EXPECTED: &'static str = "an operation object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "operationId" => self.operation_id = map.next_value()?,
            "summary" => self.summary = map.next_value()?,
            "description" => self.description = map.next_value()?,
            "tags" => self.tags = list(map)?,
            "servers" => self.servers = objects(map)?,
            "callbacks" => self.has_callbacks = present(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn skipped(&mut self, key: &str) {
        const WITHOUT_USE: [&str; 6] =
            ["parameters", "requestBody", "responses", "security", "deprecated", "externalDocs"];
        if !WITHOUT_USE.contains(&key) {
            self.extras.meet(key);
        }
    }
}
