//! What a client can act on when a use case fails.

use std::error::Error as StdError;

use switchtower_domain::{
    access::Denied,
    api_service::DefinitionError,
    change::{Change, WrongState},
    field::FieldErrors,
    resource::{EditError, Kind, Reference},
};
use switchtower_store::StoreError;

/// Why a use case did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such resource, or the caller may not know of it.
    #[error("there is no such {kind}")]
    NotFound {
        /// The kind.
        kind: &'static str,
    },
    /// The caller lacks a permission.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The resource has another revision than the caller named.
    #[error("the resource has changed since")]
    Stale,
    /// Others keep changing the resource.
    #[error("others are changing the resource at the same time")]
    Busy,
    /// The state does not allow it.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// Fields are wrong.
    #[error("the fields are not valid")]
    Fields(FieldErrors),
    /// Query parameters are wrong: the pointers are `?name`.
    #[error("the query parameters are not valid")]
    Query(FieldErrors),
    /// A document that was sent cannot be imported.
    #[error("the document cannot be imported")]
    Document(FieldErrors),
    /// The publish cannot be deployed as it is: what is in the way, by kind, id and field.
    #[error("the publish cannot be deployed as it is")]
    NotPublishable(FieldErrors),
    /// Another resource has the name.
    #[error("another {kind} is called `{name}`")]
    NameTaken {
        /// The kind.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Others need the resource.
    #[error("the {kind} is used by {} others", users.len())]
    InUse {
        /// The kind.
        kind: &'static str,
        /// Who needs it; at most 20.
        users: Vec<Reference>,
    },
    /// It is larger than can be stored.
    #[error("{bytes} bytes are more than the {limit} allowed")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// A rule of its own, with a stable code and a sentence.
    #[error("{detail}")]
    Refused {
        /// The code, as in the registry of the API.
        code: &'static str,
        /// What is wrong and what to do.
        detail: String,
    },
    /// The cursor was not made for this list.
    #[error("the cursor does not belong to this list")]
    BadCursor,
    /// The table or another service asks to slow down.
    #[error("throttled")]
    Throttled(#[source] Box<dyn StdError + Send + Sync>),
    /// The table or another service cannot be reached, or refuses.
    #[error("unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// A rule of its own.
    pub fn refused(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Refused { code, detail: detail.into() }
    }

    /// References to what does not exist; `pointer` tells which field made each of them.
    pub(crate) fn missing(references: Vec<Reference>, pointer: impl Fn(&Reference) -> String) -> Self {
        let mut errors = FieldErrors::new();
        for reference in references {
            let kind = in_words(&reference.kind);
            let detail = format!("There is no {kind} `{}` in this tenant, or it is being deleted.", reference.id);
            errors.add(pointer(&reference), "not_found", detail);
        }
        Self::Fields(errors)
    }

    /// What a refused commit of a change means to the one who asked for it.
    pub(crate) fn of_commit<K: Kind>(error: StoreError, change: &Change<K>) -> Self {
        match (error, change.after()) {
            (StoreError::Missing(references), Some(after)) => {
                Self::missing(references, |reference| after.body.pointer_to(reference))
            }
            (error, _) => error.into(),
        }
    }
}

impl Error {
    /// What lies behind it, for the log; nothing, when the error says all.
    pub(crate) fn cause(&self) -> String {
        let mut text = String::new();
        let mut source = self.source();
        while let Some(error) = source {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Self {
        Self::Fields(errors)
    }
}

impl From<EditError> for Error {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Fields(errors) => Self::Fields(errors),
            EditError::State(error) => Self::WrongState(error),
        }
    }
}

impl From<DefinitionError> for Error {
    fn from(error: DefinitionError) -> Self {
        match error {
            DefinitionError::NotFound => Self::NotFound { kind: "part of the API service" },
            DefinitionError::Fields(errors) => Self::Fields(errors),
            DefinitionError::BackendInUse { routes } => Self::InUse {
                kind: "backend",
                users: routes
                    .into_iter()
                    .take(20)
                    .map(|id| Reference { kind: "route".to_owned(), id: id.to_string() })
                    .collect(),
            },
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale | StoreError::AlreadyExists => Self::Busy,
            StoreError::NameTaken { kind, name } => Self::NameTaken { kind, name },
            StoreError::Missing(references) => {
                Self::missing(references, |Reference { kind, .. }| format!("/{kind}_id"))
            }
            StoreError::InUse => Self::InUse { kind: "resource", users: Vec::new() },
            StoreError::TooLarge { bytes, limit } => Self::TooLarge { what: "document", bytes, limit },
            StoreError::BadCursor => Self::BadCursor,
            StoreError::Throttled(source) => Self::Throttled(source),
            StoreError::Unavailable(source) => Self::Unavailable(source),
            error @ StoreError::Corrupt { .. } => Self::Unavailable(Box::new(error)),
        }
    }
}

/// A kind as people write it: `api_service` is an API service.
pub fn in_words(kind: &str) -> String {
    kind.replace("api_", "API ").replace('_', " ")
}
