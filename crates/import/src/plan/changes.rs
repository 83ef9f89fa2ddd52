//! What an import would change, for people to read before it does.

use serde::Serialize;
use serde_json::Value;
use switchtower_domain::{api_service::Origin, name::Name};
use utoipa::ToSchema;

use super::piece::{Piece, differences};

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
    /// New ones.
    pub added: Vec<Part>,
    /// Ones that become what the document says.
    pub changed: Vec<Part>,
    /// Ones that a person edited and that stay so; the fields tell what the document says instead, and there
    /// are none when the document no longer has the part.
    pub kept: Vec<Part>,
    /// Ones that the document no longer has.
    pub removed: Vec<Part>,
    /// How many imported ones are already what the document says.
    pub unchanged: usize,
}

/// A route or a backend.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
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
    /// The field.
    pub field: String,
    /// What it is; null when it is not there.
    pub before: Value,
    /// What the document says; null when it says nothing.
    pub after: Value,
}

impl Changes {
    /// Whether nothing would differ.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.backends.is_empty()
    }
}

impl PartChanges {
    /// Whether nothing would differ.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// Notes a new part.
    pub(super) fn add(&mut self, name: &Name) {
        self.added.push(Part { name: name.clone(), edited: false, fields: Vec::new() });
    }

    /// Makes a part what the document says, unless a person's edit is to stay.
    pub(super) fn settle<P: Piece>(&mut self, piece: &mut P, spec: P::Spec, overwrite: bool) {
        if *piece.spec() == spec {
            self.unchanged += 1;
            return;
        }
        let edited = *piece.origin() == Origin::Edited;
        let part = Part { name: piece.name().clone(), edited, fields: differences(piece.spec(), &spec) };
        if edited && !overwrite {
            self.kept.push(part);
            return;
        }
        self.changed.push(part);
        *piece.spec() = spec;
        *piece.origin() = Origin::Imported;
    }

    /// Whether a part that the document does not have stays nevertheless.
    pub(super) fn stays<P: Piece>(&mut self, piece: &mut P, overwrite: bool) -> bool {
        let origin = *piece.origin();
        if origin.is_manual() {
            return true;
        }
        let edited = origin == Origin::Edited;
        let part = Part { name: piece.name().clone(), edited, fields: Vec::new() };
        let stays = edited && !overwrite;
        if stays {
            self.kept.push(part)
        } else {
            self.removed.push(part)
        }
        stays
    }
}
