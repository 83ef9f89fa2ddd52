//! What is looked at only to tell that it is left out, or to point people to it.

use serde::de::MapAccess;

use super::{
    loose::{Fold, flag, text},
    object::{Fields, present},
};

/// Whether any response of an operation has links.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Links(pub(crate) bool);

/// A response, as far as it matters.
#[derive(Default)]
pub(crate) struct Response {
    has_links: bool,
}

/// Which kinds of parameters there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// One in a cookie.
    pub(crate) in_cookie: bool,
    /// A query parameter or header that a request must have.
    pub(crate) is_required: bool,
}

/// A parameter, as far as it matters.
#[derive(Default)]
pub(crate) struct Parameter {
    place: Option<String>,
    required: bool,
}

/// Where more is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ExternalDocs {
    pub(crate) url: Option<String>,
}

impl Fold for Links {
    type Item = Response;

    fn meet(&mut self, _: Option<String>, response: Response) {
        self.0 |= response.has_links;
    }
}

impl Fields for Response {
    const EXPECTED: &'static str = "a response object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        if key != "links" {
            return Ok(false);
        }
        self.has_links = present(map)?;
        Ok(true)
    }
}

impl Fold for Parameters {
    type Item = Parameter;

    fn meet(&mut self, _: Option<String>, parameter: Parameter) {
        match parameter.place.as_deref() {
            Some("cookie") => self.in_cookie = true,
            Some("query" | "header" | "querystring") => self.is_required |= parameter.required,
            _ => {}
        }
    }
}

impl Fields for Parameter {
    const EXPECTED: &'static str = "a parameter object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "in" => self.place = text(map)?,
            "required" => self.required = flag(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Fields for ExternalDocs {
    const EXPECTED: &'static str = "an external documentation object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        if key != "url" {
            return Ok(false);
        }
        self.url = text(map)?;
        Ok(true)
    }
}
