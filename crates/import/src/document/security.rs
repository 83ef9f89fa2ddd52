//! Who may call: security schemes, and the requirements that name them.

use serde::de::MapAccess;

use super::{
    Map,
    loose::{Fold, Texts, fold, text},
    object::Fields,
};

/// The most alternatives of a requirement, and the most schemes of an alternative.
const MAX_ALTERNATIVES: usize = 16;
/// The most schemes of a document.
const MAX_SCHEMES: usize = 64;

/// Alternatives, one of which a caller must satisfy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Security(pub(crate) Vec<Requirement>);

/// Schemes, all of which a caller must satisfy, with their scopes; nothing when empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Requirement(pub(crate) Vec<(String, Texts)>);

/// The schemes of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Schemes(pub(crate) Map<Scheme>);

/// A security scheme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scheme {
    pub(crate) reference: Option<String>,
    pub(crate) kind: Option<String>,
    /// Of `http`: `basic`, `bearer` and so on.
    pub(crate) scheme: Option<String>,
    /// Of `apiKey`: the name of the header, query parameter or cookie.
    pub(crate) name: Option<String>,
    /// Of `apiKey`: where it is.
    pub(crate) place: Option<String>,
    pub(crate) open_id_connect_url: Option<String>,
    pub(crate) oauth2_metadata_url: Option<String>,
    pub(crate) flows: Flows,
}

/// What the OAuth flows of a scheme say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Flows {
    /// The first URL of a token or authorization endpoint.
    pub(crate) url: Option<String>,
    pub(crate) scopes: Vec<String>,
}

/// An OAuth flow.
#[derive(Default)]
pub(crate) struct Flow {
    url: Option<String>,
    scopes: Texts,
}

impl Fold for Security {
    type Item = Requirement;

    fn meet(&mut self, _: Option<String>, item: Requirement) {
        if self.0.len() < MAX_ALTERNATIVES {
            self.0.push(item);
        }
    }
}

impl Fields for Requirement {
    const EXPECTED: &'static str = "a security requirement object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        if self.0.len() == MAX_ALTERNATIVES {
            return Ok(false);
        }
        self.0.push((key.to_owned(), map.next_value()?));
        Ok(true)
    }
}

impl Fold for Schemes {
    type Item = Scheme;

    fn meet(&mut self, key: Option<String>, item: Scheme) {
        if let Some(key) = key.filter(|key| !key.starts_with("x-") && self.0.len() < MAX_SCHEMES) {
            self.0.insert(key, item);
        }
    }
}

impl Fields for Scheme {
    const EXPECTED: &'static str = "a security scheme object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "$ref" => self.reference = text(map)?,
            "type" => self.kind = text(map)?,
            "scheme" => self.scheme = text(map)?.map(|scheme| scheme.to_ascii_lowercase()),
            "name" => self.name = text(map)?,
            "in" => self.place = text(map)?,
            "openIdConnectUrl" => self.open_id_connect_url = text(map)?,
            "oauth2MetadataUrl" => self.oauth2_metadata_url = text(map)?,
            "flows" => self.flows = fold(map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Fold for Flows {
    type Item = Flow;

    fn meet(&mut self, _: Option<String>, item: Flow) {
        self.url = self.url.take().or(item.url);
        for scope in item.scopes.0 {
            if self.scopes.len() < MAX_SCHEMES && !self.scopes.contains(&scope) {
                self.scopes.push(scope);
            }
        }
    }
}

impl Fields for Flow {
    const EXPECTED: &'static str = "an OAuth flow object";

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "tokenUrl" => self.url = text(map)?.or(self.url.take()),
            "authorizationUrl" => self.url = self.url.take().or(text(map)?),
            "scopes" => self.scopes = map.next_value()?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
