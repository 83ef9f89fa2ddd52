//! A path item object.

use serde::de::MapAccess;
use switchtower_domain::api_service::Method;

use super::{
    Extensions, Extras, Operation, Server,
    asides::Parameters,
    loose::{fold, text},
    method,
    object::{Fields, object, objects},
};

/// What stands under a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PathItem {
    pub(crate) reference: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) parameters: Parameters,
    pub(crate) servers: Vec<Server>,
    pub(crate) operations: Vec<(Method, Operation)>,
    pub(crate) extensions: Extensions,
    pub(crate) extras: Extras,
}

impl Fields for PathItem {
    const EXPECTED: &'static str = "a path item object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        if let Some(method) = method(key) {
            self.operations.reserve_exact(1);
            self.operations.push((method, object(map)?));
            return Ok(true);
        }
        match key {
            "$ref" => self.reference = map.next_value()?,
            "summary" => self.summary = map.next_value()?,
            "description" => self.description = text(map)?,
            "parameters" => self.parameters = fold(map)?,
            "servers" => self.servers = objects(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn extensions(&mut self) -> Option<&mut Extensions> {
        Some(&mut self.extensions)
    }

    fn skipped(&mut self, key: &str) {
        self.extras.meet(key);
    }
}
