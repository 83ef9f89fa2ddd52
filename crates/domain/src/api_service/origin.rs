//! Where a route or a backend came from, so that an import knows what is its own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a part of an API service came from; callers read it and cannot set it.
///
/// ```text
///   manual                       a person made it, and it stays a person's
///   imported --put--> edited     an import made it; `edited` tells the next import that a person changed it
///   edited   --put--> imported   a person put it back to what the import had made
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person made it; an import neither changes nor removes it.
    #[default]
    Manual,
    /// An import made it, and it is as the import left it.
    Imported,
    /// An import made it, and a person has changed it since.
    Edited,
}

impl Origin {
    /// Whether a person made it.
    pub const fn is_manual(&self) -> bool {
        matches!(self, Self::Manual)
    }
}
