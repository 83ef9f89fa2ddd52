//! Why nothing can be imported.

use switchtower_domain::api_service::definition::{MAX_BACKENDS, MAX_ROUTES};

use crate::note::Note;

/// Why a document cannot be imported at all; what can be left out is a [`Note`](crate::Note) instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It has too many bytes.
    #[error("the document has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// It is not text.
    #[error("the document is not UTF-8 text")]
    NotUtf8,
    /// It is neither JSON nor YAML, or a part has the wrong type.
    #[error("the document is malformed at line {line}, column {column}: {reason}")]
    Malformed {
        /// The line, from 1; 0 when unknown.
        line: u64,
        /// The column, from 1; 0 when unknown.
        column: u64,
        /// What is wrong there.
        reason: String,
    },
    /// It is YAML that asks for too much.
    #[error("the document goes beyond a limit at line {line}: {reason}")]
    TooComplex {
        /// The line, from 1; 0 when unknown.
        line: u64,
        /// Which limit.
        reason: String,
    },
    /// It says neither `openapi` nor `swagger`.
    #[error("the document has no field `openapi`, so it is no OpenAPI document")]
    NotOpenApi,
    /// It is of the version before OpenAPI 3.
    #[error(
        "the document is of Swagger 2.0, and only OpenAPI 3 can be imported; convert it first, for example with the \
         Swagger Editor (Edit, Convert to OpenAPI 3) or `npx swagger2openapi`"
    )]
    Swagger,
    /// It is of another version.
    #[error("the document is of version `{found}`, and only OpenAPI 3.0, 3.1 and 3.2 can be imported")]
    UnsupportedVersion {
        /// The version that it names.
        found: String,
    },
    /// Nothing in it can become a route.
    #[error("the document has no operation that can become a route")]
    NoOperations {
        /// What was left out, and why.
        notes: Vec<Note>,
    },
    /// A server is named relative to a place that is not known.
    #[error("the server `{url}` is relative, so a base URL is needed")]
    BaseUrlNeeded {
        /// A JSON pointer to the server, or to where one is missing.
        pointer: String,
        /// The server's URL.
        url: String,
    },
    /// None of the document's servers can be a backend.
    #[error("none of the document's servers can be a backend: {reason}")]
    NoUsableServer {
        /// A JSON pointer to the first server.
        pointer: String,
        /// Why the first one cannot.
        reason: String,
    },
    /// There would be too many routes.
    #[error("the API service would have {count} routes, more than {MAX_ROUTES}")]
    TooManyRoutes {
        /// How many there would be.
        count: usize,
    },
    /// There would be too many backends.
    #[error("the API service would have {count} backends, more than {MAX_BACKENDS}")]
    TooManyBackends {
        /// How many there would be.
        count: usize,
    },
}
