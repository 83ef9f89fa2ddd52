//! An operation object.

use serde::de::MapAccess;

use super::{
    Extensions, Extras, Security, Server,
    asides::{ExternalDocs, Links, Parameters},
    loose::{flag, fold, loose},
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
    /// Its own requirements; the document's when it says none.
    pub(crate) security: Option<Security>,
    pub(crate) deprecated: bool,
    pub(crate) external_docs: ExternalDocs,
    pub(crate) parameters: Parameters,
    pub(crate) links: Links,
    pub(crate) has_callbacks: bool,
    pub(crate) extensions: Extensions,
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
            "security" => self.security = Some(fold(map)?),
            "deprecated" => self.deprecated = flag(map)?,
            "externalDocs" => self.external_docs = loose(map)?,
            "parameters" => self.parameters = fold(map)?,
            "responses" => self.links = fold(map)?,
            "callbacks" => self.has_callbacks = present(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn extensions(&mut self) -> Option<&mut Extensions> {
        Some(&mut self.extensions)
    }

    fn skipped(&mut self, key: &str) {
        if key != "requestBody" {
            self.extras.meet(key);
        }
    }
}
