//! A server object and its variables.

use serde::de::MapAccess;

use super::{
    Map,
    object::{Fields, entries, list},
    scalar::Scalar,
};

/// A server, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) url: Option<String>,
    pub(crate) variables: Map<Variable>,
}

/// A variable of a server's URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) default: Option<String>,
    pub(crate) allowed: Vec<String>,
}

impl Fields for Server {
    const EXPECTED: &'static str = "a server object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "url" => self.url = map.next_value()?,
            "variables" => self.variables = entries(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn complete(&self) -> Result<(), &'static str> {
        if self.url.is_some() { Ok(()) } else { Err("a server needs a `url`") }
    }
}

impl Fields for Variable {
    const EXPECTED: &'static str = "a server variable object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "default" => self.default = map.next_value::<Option<Scalar>>()?.map(|scalar| scalar.0),
            "enum" => self.allowed = list::<Scalar, _>(map)?.into_iter().map(|scalar| scalar.0).collect(),
            _ => return Ok(false),
        }
        Ok(true)
    }
}
