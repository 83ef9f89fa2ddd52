//! Why somebody does something.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Body;

/// Why something is done; it may be left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The reason, shown with what it was done to.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// The reason in a body that may be missing.
pub(crate) fn reason(body: Option<&Body<Reason>>) -> Option<&str> {
    body.and_then(|Body(body)| body.reason.as_deref())
}
