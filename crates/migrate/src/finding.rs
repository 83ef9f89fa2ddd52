//! What is to be told of a row: a field, a sentence, and what to do.

use serde::Serialize;

/// One thing to tell of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The column, or a path into it such as `health_check.type`; the whole row, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is the matter, in a sentence.
    pub problem: String,
    /// What to do about it; nothing, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    /// Something about the whole row.
    pub fn row(problem: impl Into<String>) -> Self {
        Self { field: None, problem: problem.into(), advice: None }
    }

    /// Something about one field.
    pub fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: Some(field.into()), problem: problem.into(), advice: None }
    }

    /// The same with what to do.
    #[must_use]
    pub fn do_(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}
