//! Everything that is wrong with what a caller sent, field by field.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One bad field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// A stable word for the kind of mistake, such as `required` or `too_long`.
    pub code: String,
    /// A sentence that tells what is expected.
    pub detail: String,
}

/// All bad fields at once; never empty when it is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// No errors yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One error.
    pub fn one(pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut errors = Self::new();
        errors.add(pointer, code, detail);
        errors
    }

    /// Adds an error.
    pub fn add(&mut self, pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), code: code.into(), detail: detail.into() });
    }

    /// Adds an error unless the condition holds.
    pub fn require(&mut self, holds: bool, pointer: impl Into<String>, code: &str, detail: impl Into<String>) {
        if !holds {
            self.add(pointer, code, detail);
        }
    }

    /// Takes in the errors of a part, whose pointers are relative to `prefix`.
    pub fn within(&mut self, prefix: &str, part: Self) {
        self.0.extend(
            part.0.into_iter().map(|error| FieldError { pointer: format!("{prefix}{}", error.pointer), ..error }),
        );
    }

    /// `value` when nothing is wrong, else all errors.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The errors.
    pub fn into_vec(self) -> Vec<FieldError> {
        self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
