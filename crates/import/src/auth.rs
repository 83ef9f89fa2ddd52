//! Who may call, as far as a document says it: suggestions for the authentication of a publish.

mod scheme;
mod usage;

use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use self::usage::suggest;

/// What the authentication of a publish might be, made of security schemes of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuthSuggestion {
    /// The names of the schemes that it is made of.
    pub schemes: Vec<String>,
    /// The `auth` of a publish, as far as the document says it.
    pub auth: SuggestedAuth,
    /// JSON pointers into `auth` of what it needs and the document does not say.
    pub missing: Vec<String>,
    /// JSON pointers into `auth` of what is guessed; look it up before you use it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub guessed: Vec<String>,
}

/// The `auth` of a publish, in its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestedAuth {
    /// Who has an API key.
    ApiKey(SuggestedApiKey),
    /// Who has a token (JWT) of an issuer.
    Jwt(SuggestedJwt),
}

/// Authentication by API key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SuggestedApiKey {
    /// The headers that a key is looked for in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub headers: Vec<String>,
    /// The query parameters that a key is looked for in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub query_params: Vec<String>,
}

/// Authentication by token (JWT).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SuggestedJwt {
    /// The issuer (`iss`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Where the issuer's keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The scopes that every operation asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub scopes: Vec<String>,
}
