//! A path item object.

use serde::de::MapAccess;
use switchtower_domain::api_service::Method;

use super::{
    Extras, Operation, Server, method,
    object::{Fields, object, objects},
};

/// What stands under a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PathItem {
    pub(crate) reference: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) servers: Vec<Server>,
    pub(crate) operations: Vec<(Method, Operation)>,
    pub(crate) extras: Extras,
}

impl Fields for PathItem {
    const EXPECTED: &'static str = "a path item object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        if let Some(method) = method(key) {
            self.operations.push((method, object(map)?));
            return Ok(true);
        }
        match key {
            "$ref" => self.reference = map.next_value()?,
            "summary" => self.summary = map.next_value()?,
            "servers" => self.servers = objects(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn skipped(&mut self, key: &str) {
        if !["description", "parameters"].contains(&key) {
            self.extras.meet(key);
        }
    }
}
