//! What becomes of each part of one kind, and the account of it.

use std::borrow::Cow;

use serde_json::Value;
use switchtower_domain::{
    api_service::{
        Backend, BackendInput, Bases, Origin, Part, Route, RouteInput,
        fields::{fields_of, of_fields},
    },
    name::Name,
};

use super::{
    changes::{self, Conflict, ConflictKind, FieldChange, FieldConflict, PartChanges, Resolution},
    merge::{Merged, Versions, Winner},
};
use crate::name::Names;

/// A part that can be merged.
pub(super) trait Merge: Part {
    /// Whether a document can say that field.
    fn says(field: &str) -> bool;

    /// Whether the fields go together.
    fn is_valid(spec: &Self::Input) -> bool;

    /// Sets where it came from.
    fn set_origin(&mut self, origin: Origin);
}

impl Merge for Route {
    fn says(field: &str) -> bool {
        matches!(field, "description" | "path" | "methods" | "backend_refs" | "tags")
            || field.starts_with("extensions/")
    }

    fn is_valid(spec: &RouteInput) -> bool {
        spec.extensions.len() <= 16 && spec.check(|_| true).is_empty()
    }

    fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }
}

impl Merge for Backend {
    fn says(field: &str) -> bool {
        matches!(field, "scheme" | "endpoints")
    }

    fn is_valid(spec: &BackendInput) -> bool {
        spec.check().is_empty()
    }

    fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }
}

/// The merge of all parts of one kind.
pub(super) struct Ledger<'a, P: Part> {
    before: &'a Bases<P>,
    winner: Winner,
    /// What the next import goes by.
    pub(super) bases: Bases<P>,
    /// The account.
    pub(super) changes: PartChanges,
}

impl<'a, P: Merge> Ledger<'a, P> {
    pub(super) fn new(before: &'a Bases<P>, winner: Winner) -> Self {
        Self { before, winner, bases: Bases::default(), changes: PartChanges::default() }
    }

    /// A part as the last import left it, or as it is when that is not known.
    pub(super) fn base_spec<'b>(&self, part: &'b P) -> Cow<'b, P::Input> {
        match part.origin() {
            Origin::Edited => Cow::Owned(self.before.base_spec(part)),
            Origin::Imported | Origin::Manual => Cow::Borrowed(part.spec()),
        }
    }

    /// Notes a new part.
    pub(super) fn add(&mut self, name: &Name) {
        self.changes.added.push(listed(name, false, Vec::new()));
    }

    /// What becomes of a part that an import made, when the document says this.
    pub(super) fn settled(&mut self, part: &P, said: P::Input) -> P {
        let was = part.origin();
        if was == Origin::Imported && *part.spec() == said {
            self.changes.unchanged += 1;
            return P::imported(part.id(), said);
        }
        let (mine, base, document) = (fields_of(part.spec()), self.before.base(part), fields_of(&said));
        let versions = Versions { mine: &mine, base: base.as_ref(), document: &document, said: &P::says };
        let (spec, merged) = self.valid(&versions, part.spec());
        let Merged { base, changed, kept, conflicts, .. } = merged;
        let edited = was == Origin::Edited;
        if changed.is_empty() && kept.is_empty() {
            self.changes.unchanged += 1;
        }
        if !changed.is_empty() {
            self.changes.changed.push(listed(part.name(), edited, changed));
        }
        if !kept.is_empty() {
            self.changes.kept.push(listed(part.name(), edited, kept));
        }
        if !conflicts.is_empty() {
            self.conflict(part.name(), ConflictKind::BothChanged, conflicts);
        }
        let origin = self.bases.rebase(part.id(), &spec, &base);
        let mut part = P::imported(part.id(), spec);
        part.set_origin(origin);
        part
    }

    /// The merge, and what it makes; a side as a whole where the fields of both do not go together.
    fn valid(&self, versions: &Versions<'_>, mine: &P::Input) -> (P::Input, Merged) {
        let made = |merged: &Merged| of_fields(merged.fields.clone()).filter(P::is_valid);
        let merged = versions.merge(self.winner);
        if let Some(spec) = made(&merged) {
            return (spec, merged);
        }
        if self.winner.is_document() {
            let merged = versions.merge_whole(Winner::Document);
            if let Some(spec) = made(&merged) {
                return (spec, merged);
            }
        }
        let yields = if self.winner == Winner::Mine { Winner::Mine } else { Winner::MineForNow };
        (mine.clone(), versions.merge_whole(yields))
    }

    /// What becomes of a part that the document does not have; `None` when it goes.
    pub(super) fn dropped(&mut self, part: &P) -> Option<P> {
        match part.origin() {
            Origin::Manual => return Some(part.clone()),
            Origin::Imported => {
                self.changes.removed.push(listed(part.name(), false, Vec::new()));
                return None;
            }
            Origin::Edited => {}
        }
        if self.winner != Winner::DocumentAlways {
            self.conflict(part.name(), ConflictKind::DeletedByDocument, Vec::new());
        }
        let entry = listed(part.name(), true, Vec::new());
        if self.winner.is_document() {
            self.changes.removed.push(entry);
            return None;
        }
        self.changes.kept.push(entry);
        let mut kept = part.clone();
        if self.winner == Winner::Mine {
            // From now on it is the person's alone.
            kept.set_origin(Origin::Manual);
        } else {
            self.keep_base(part);
        }
        Some(kept)
    }

    /// A part stays as it is, and so does its base.
    pub(super) fn keep_base(&mut self, part: &P) {
        if let Some(fields) = self.before.edited.get(&part.id()) {
            self.bases.edited.insert(part.id(), fields.clone());
        }
    }

    /// What becomes of a part that a person deleted and the document has; it, when it comes back.
    pub(super) fn deleted(&mut self, part: &P, said: &P::Input, names: &mut Names) -> Option<P> {
        let changed = self.changed_since(part, said);
        if !changed.is_empty() && self.winner != Winner::DocumentAlways {
            self.conflict(part.name(), ConflictKind::DeletedByPerson, changed);
            if self.winner == Winner::Document {
                return Some(self.restored(part, said, names));
            }
        } else if self.winner == Winner::DocumentAlways {
            return Some(self.restored(part, said, names));
        }
        self.changes.deleted.push(listed(part.name(), true, Vec::new()));
        let base = if self.winner == Winner::Mine { said } else { part.spec() };
        self.bases.deleted.push(P::imported(part.id(), base.clone()));
        None
    }

    /// A deleted part comes back as the document has it.
    pub(super) fn restored(&mut self, part: &P, said: &P::Input, names: &mut Names) -> P {
        let mut fields = fields_of(said);
        let name = names.free(part.name());
        fields.insert("name".to_owned(), name.as_str().into());
        self.changes.added.push(listed(&name, true, Vec::new()));
        P::imported(part.id(), of_fields(fields).unwrap_or_else(|| said.clone()))
    }

    /// What the document changed of a deleted part.
    fn changed_since(&self, part: &P, said: &P::Input) -> Vec<FieldConflict> {
        let (base, document) = (fields_of(part.spec()), fields_of(said));
        let versions = Versions { mine: &base, base: Some(&base), document: &document, said: &P::says };
        let changed = versions.merge(Winner::Document).changed;
        let gone =
            |change: FieldChange| FieldConflict::new(&change.field, (Some(change.before), Value::Null, change.after));
        changed.into_iter().map(gone).collect()
    }

    fn conflict(&mut self, name: &Name, kind: ConflictKind, fields: Vec<FieldConflict>) {
        let resolution = match self.winner {
            Winner::DocumentAlways | Winner::Document => Resolution::Document,
            Winner::Mine => Resolution::Mine,
            Winner::MineForNow => Resolution::Open,
        };
        self.changes.conflicts.push(Conflict { name: name.clone(), kind, resolution, fields });
    }
}

fn listed(name: &Name, edited: bool, fields: Vec<FieldChange>) -> changes::Part {
    changes::Part { name: name.clone(), edited, fields }
}
