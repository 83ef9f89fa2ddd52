//! The OpenAPI object, and what of `info` and `components` matters.

use serde::de::MapAccess;

use super::{
    Extensions, Extras, Map, PathItem, Security, Server,
    asides::Parameters,
    loose::fold,
    object::{Fields, entries, object, objects, present},
    scalar::Scalar,
    security::Schemes,
};

/// The document itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) openapi: Option<String>,
    pub(crate) swagger: Option<String>,
    pub(crate) info: Info,
    pub(crate) servers: Vec<Server>,
    pub(crate) paths: Map<PathItem>,
    pub(crate) components: Components,
    pub(crate) has_webhooks: bool,
    pub(crate) security: Security,
    pub(crate) extensions: Extensions,
    pub(crate) extras: Extras,
}

/// What the document says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) title: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) extensions: Extensions,
}

/// What may be referred to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Components {
    pub(crate) path_items: Map<PathItem>,
    pub(crate) security_schemes: Schemes,
    pub(crate) parameters: Parameters,
}

fn scalar<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    Ok(map.next_value::<Option<Scalar>>()?.map(|scalar| scalar.0))
}

impl Fields for Root {
    const EXPECTED: &'static str = "an OpenAPI document";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "openapi" => self.openapi = scalar(map)?,
            "swagger" => self.swagger = scalar(map)?,
            "info" => self.info = object(map)?,
            "servers" => self.servers = objects(map)?,
            "paths" => self.paths = entries(map)?,
            "components" => self.components = object(map)?,
            "webhooks" => self.has_webhooks = present(map)?,
            "security" => self.security = fold(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn extensions(&mut self) -> Option<&mut Extensions> {
        Some(&mut self.extensions)
    }

    fn skipped(&mut self, key: &str) {
        if !["tags", "externalDocs", "jsonSchemaDialect", "$self"].contains(&key) {
            self.extras.meet(key);
        }
    }
}

impl Fields for Info {
    const EXPECTED: &'static str = "an info object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "title" => self.title = scalar(map)?,
            "version" => self.version = scalar(map)?,
            "summary" => self.summary = scalar(map)?,
            "description" => self.description = scalar(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn extensions(&mut self) -> Option<&mut Extensions> {
        Some(&mut self.extensions)
    }
}

impl Fields for Components {
    const EXPECTED: &'static str = "a components object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "parameters" => self.parameters = fold(map)?,
            "pathItems" => self.path_items = entries(map)?,
            "securitySchemes" => self.security_schemes = fold(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
