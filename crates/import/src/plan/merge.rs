//! Three versions of one part become one, field by field.

use serde_json::Value;
use switchtower_domain::api_service::fields::{Fields, shown};

use super::changes::{FieldChange, FieldConflict};

/// The name is a handle that people and other systems hold, so no import changes it.
const NAME: &str = "name";

/// Who wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Winner {
    /// The document, even where only a person changed something.
    DocumentAlways,
    /// The document, where both changed the same.
    Document,
    /// The person, and the matter is settled.
    Mine,
    /// The person, and the next import tells again.
    MineForNow,
}

/// The three versions.
pub(super) struct Versions<'a> {
    /// What the part is.
    pub(super) mine: &'a Fields,
    /// What the last import left; `None` when that is not known.
    pub(super) base: Option<&'a Fields>,
    /// What the document says, and for what it cannot say, the base.
    pub(super) document: &'a Fields,
    /// The fields that a document can say.
    pub(super) said: &'a dyn Fn(&str) -> bool,
}

/// What became of them.
#[derive(Default)]
pub(super) struct Merged {
    /// What the part becomes.
    pub(super) fields: Fields,
    /// What the next import takes for its base.
    pub(super) base: Fields,
    /// What the document changed.
    pub(super) changed: Vec<FieldChange>,
    /// What stays other than the document says.
    pub(super) kept: Vec<FieldChange>,
    /// What both changed.
    pub(super) conflicts: Vec<FieldConflict>,
}

impl Winner {
    /// Whether the document wins where both changed the same.
    pub(super) const fn is_document(self) -> bool {
        matches!(self, Self::DocumentAlways | Self::Document)
    }
}

impl Versions<'_> {
    /// Field by field.
    pub(super) fn merge(&self, winner: Winner) -> Merged {
        self.merge_fields(winner, false)
    }

    /// One side as a whole, for fields that are not valid with each other when each is taken from its own side.
    pub(super) fn merge_whole(&self, winner: Winner) -> Merged {
        self.merge_fields(winner, true)
    }

    fn merge_fields(&self, winner: Winner, whole: bool) -> Merged {
        let mut merged = Merged::default();
        let base = self.base.into_iter().flat_map(Fields::keys);
        let mut names: Vec<&String> = self.mine.keys().chain(self.document.keys()).chain(base).collect();
        names.sort_unstable();
        names.dedup();
        for field in names {
            self.merge_field(field, winner, whole, &mut merged);
        }
        merged.fields.retain(|_, value| !value.is_null());
        merged.base.retain(|_, value| !value.is_null());
        merged
    }

    fn merge_field(&self, field: &str, winner: Winner, whole: bool, merged: &mut Merged) {
        let of = |fields: &Fields| fields.get(field).cloned().unwrap_or_default();
        let (mine, document, base) = (of(self.mine), of(self.document), self.base.map(of));
        let show = |value: &Value| shown(field, value.clone());
        let change = || FieldChange { field: field.to_owned(), before: show(&mine), after: show(&document) };
        let by_person = base.as_ref() == Some(&document);
        let by_document = base.as_ref() == Some(&mine);
        let (takes, next_base) = if mine == document {
            (false, document.clone())
        } else if winner == Winner::DocumentAlways && self.said(field, &document, base.as_ref()) {
            merged.changed.push(change());
            (true, document.clone())
        } else if by_person && (!whole || field == NAME) {
            if self.said(field, &document, base.as_ref()) {
                merged.kept.push(change());
            }
            (false, document.clone())
        } else if by_document && !whole {
            merged.changed.push(change());
            (true, document.clone())
        } else {
            let takes = winner.is_document();
            let sides = (base.as_ref().map(show), show(&mine), show(&document));
            merged.conflicts.push(FieldConflict::new(field, sides));
            if takes {
                merged.changed.push(change())
            } else {
                merged.kept.push(change())
            }
            let open = winner == Winner::MineForNow;
            (takes, base.filter(|_| open).unwrap_or_else(|| document.clone()))
        };
        merged.fields.insert(field.to_owned(), if takes { document } else { mine });
        merged.base.insert(field.to_owned(), next_base);
    }

    /// Whether the document says the field, or said it the last time.
    fn said(&self, field: &str, document: &Value, base: Option<&Value>) -> bool {
        (self.said)(field) && (!field.contains('/') || !document.is_null() || base.is_some_and(|base| !base.is_null()))
    }
}
