//! Who may call what is published.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{field::FieldErrors, policy::is_header_name};

/// Who may call what is published: `"none"`, or one key, which is the mode.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Everybody.
    #[default]
    None,
    /// Who has an API key.
    ApiKey(ApiKeyAuth),
    /// Who has a token (JWT) of an issuer.
    Jwt(JwtAuth),
}

/// Authentication by API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyAuth {
    /// The headers that a key is looked for in, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8, required = false)]
    pub headers: Vec<String>,
    /// The query parameters that a key is looked for in, after the headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8, required = false)]
    pub query_params: Vec<String>,
    /// The Secret whose data are client ids with their keys; a folder of that name on a plain host. Keys never pass through
    /// the control plane.
    #[schema(min_length = 1, max_length = 253, pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    pub credentials_ref: String,
    /// Whether backends are kept from seeing the key.
    #[serde(default = "yes")]
    #[schema(required = false, default = true)]
    pub hide_credentials: bool,
    /// The header in which backends get the client's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256, pattern = r"^[A-Za-z0-9!#$%&'*+.^_|~-]+$")]
    pub client_id_header: Option<String>,
}

/// A claim of the token that backends get in a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimHeader {
    /// The claim; with dots for one inside another.
    #[schema(min_length = 1, max_length = 256, pattern = r"^[A-Za-z0-9_.:/-]+$")]
    pub claim: String,
    /// The header.
    #[schema(min_length = 1, max_length = 256, pattern = r"^[A-Za-z0-9!#$%&'*+.^_|~-]+$")]
    pub header: String,
}

/// Authentication by token (JWT).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtAuth {
    /// The issuer (`iss`).
    #[schema(min_length = 1, max_length = 253)]
    pub issuer: String,
    /// The audiences (`aud`) of which a token needs one; any when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8, required = false)]
    pub audiences: Vec<String>,
    /// Where the issuer's keys are.
    #[schema(max_length = 253, pattern = r"^https://[^\s]+$")]
    pub jwks_uri: String,
    /// The scopes that a token needs, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub scopes: Vec<String>,
    /// Claims that backends get in headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub claim_to_headers: Vec<ClaimHeader>,
}

const fn yes() -> bool {
    true
}

impl Auth {
    /// Whether everybody may call.
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// What the schema cannot say; pointers are relative to it.
    pub fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        match self {
            Self::None => {}
            Self::ApiKey(auth) => errors.within("/api_key", auth.check()),
            Self::Jwt(auth) => errors.within("/jwt", auth.check()),
        }
        errors
    }
}

impl ApiKeyAuth {
    fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        let somewhere = !self.headers.is_empty() || !self.query_params.is_empty();
        errors.require(
            somewhere,
            "/headers",
            "required",
            "Say where a key is: give `headers`, `query_params`, or both.",
        );
        for (field, names) in [("headers", &self.headers), ("query_params", &self.query_params)] {
            for (index, name) in names.iter().enumerate() {
                let detail = "A name has letters, digits and `!#$%&'*+-.^_|~`.";
                errors.require(is_header_name(name), format!("/{field}/{index}"), "name", detail);
            }
        }
        errors
    }
}

impl JwtAuth {
    fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        let lists = [("audiences", &self.audiences), ("scopes", &self.scopes)];
        for (field, texts) in lists {
            for (index, text) in texts.iter().enumerate() {
                let fits = (1..=253).contains(&text.len()) && !text.chars().any(|c| c.is_control() || c == ' ');
                errors.require(fits, format!("/{field}/{index}"), "length", "It has 1 to 253 characters, no blanks.");
            }
        }
        errors
    }
}
