//! What an import would change, for people to read before it does.

use serde::Serialize;
use serde_json::Value;
use switchtower_domain::name::Name;
use utoipa::ToSchema;

/// What would differ after an import.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Changes {
    /// Among the routes.
    pub routes: PartChanges,
    /// Among the backends.
    pub backends: PartChanges,
}

/// What would differ among the parts of one kind; parts made by hand are in none of the lists.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct PartChanges {
    /// New ones, and `edited` ones that a person had deleted and that come back.
    pub added: Vec<Part>,
    /// Ones of which the document changed something; the fields tell what.
    pub changed: Vec<Part>,
    /// Ones that a person edited and that stay so; the fields tell what the document says instead, and there
    /// are none when the document no longer has the part.
    pub kept: Vec<Part>,
    /// Ones that the document no longer has.
    pub removed: Vec<Part>,
    /// Ones that the document has and that stay deleted, because a person deleted them.
    pub deleted: Vec<Part>,
    /// Where a person and the document changed the same since the last import.
    pub conflicts: Vec<Conflict>,
    /// How many imported ones are already what the document says.
    pub unchanged: usize,
}

/// A route or a backend.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ImportPart)]
pub struct Part {
    /// Its name.
    pub name: Name,
    /// Whether a person edited it after it was imported.
    pub edited: bool,
    /// The fields that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub fields: Vec<FieldChange>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldChange {
    /// The field; `extensions/x-…` is one field for each extension.
    pub field: String,
    /// What it is; null when it is not there.
    pub before: Value,
    /// What the document says; null when it says nothing.
    pub after: Value,
}

/// A part that a person and the document both changed since the last import.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ImportConflict)]
pub struct Conflict {
    /// The part's name.
    pub name: Name,
    /// What the two did.
    pub kind: ConflictKind,
    /// What becomes of it.
    pub resolution: Resolution,
    /// The fields that both changed, or that the document changed of a deleted part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub fields: Vec<FieldConflict>,
}

/// What a person and the document did to the same part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// Both changed the same fields, to different values.
    BothChanged,
    /// A person deleted it, and the document changed it.
    DeletedByPerson,
    /// A person changed it, and the document no longer has it.
    DeletedByDocument,
}

/// What becomes of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// What the person did stays, and the next import tells of the conflict again.
    Open,
    /// What the person did stays, for good.
    Mine,
    /// The document wins.
    Document,
}

/// The three values of a field.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldConflict {
    /// The field.
    pub field: String,
    /// What the last import left; null when there was none, and not there when that was not kept yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub base: Option<Value>,
    /// What it is; null when it is not there.
    pub mine: Value,
    /// What the document says; null when it says nothing.
    pub document: Value,
}

impl Changes {
    /// Whether nothing would differ.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.backends.is_empty()
    }

    /// How many conflicts there are.
    pub fn conflicts(&self) -> usize {
        self.routes.conflicts.len() + self.backends.conflicts.len()
    }
}

impl PartChanges {
    /// Whether nothing would differ.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl FieldConflict {
    /// With what the last import left, what a person made of it, and what the document says.
    pub(super) fn new(field: &str, (base, mine, document): (Option<Value>, Value, Value)) -> Self {
        Self { field: field.to_owned(), base, mine, document }
    }
}
