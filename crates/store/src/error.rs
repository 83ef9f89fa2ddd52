//! What can go wrong with the table: one variant for each thing that callers do differently.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use switchtower_domain::resource::Reference;

/// Why the table did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another change came first: load again and decide anew.
    #[error("another change came first")]
    Stale,
    /// The id, or something else that must be new, exists.
    #[error("it exists already")]
    AlreadyExists,
    /// Another resource of the kind has the name.
    #[error("the name `{name}` is taken by another {kind}")]
    NameTaken {
        /// The kind.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Resources that are referred to do not exist.
    #[error("{} resources that are referred to do not exist", .0.len())]
    Missing(Vec<Reference>),
    /// Other resources need it.
    #[error("other resources need it")]
    InUse,
    /// More than one transaction or item can hold.
    #[error("{bytes} bytes are more than the {limit} that can be stored")]
    TooLarge {
        /// How much it is.
        bytes: usize,
        /// How much it may be.
        limit: usize,
    },
    /// The cursor was not made for this query, or not by us.
    #[error("the cursor does not belong to this list")]
    BadCursor,
    /// The table asks to slow down.
    #[error("the table is throttled")]
    Throttled(#[source] Box<dyn Error + Send + Sync>),
    /// The table cannot be reached, or refuses.
    #[error("the table is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// An item does not have the form that it should have.
    #[error("the item {key} is corrupt")]
    Corrupt {
        /// Where it stands.
        key: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// An answer of DynamoDB that no caller expects.
    pub(crate) fn from_sdk<E, R>(error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        match error.code() {
            Some("ProvisionedThroughputExceededException" | "ThrottlingException" | "RequestLimitExceeded") => {
                Self::Throttled(Box::new(error))
            }
            _ => Self::Unavailable(Box::new(error)),
        }
    }

    /// An item that cannot be read.
    pub(crate) fn corrupt(key: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Corrupt { key: key.into(), source: source.into() }
    }
}
