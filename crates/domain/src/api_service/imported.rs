//! What the last import left, where a person has changed it since: the base of the next import's three-way merge.
//!
//! A part that nobody touched is its own base and costs nothing here. Of an edited part only the fields that differ are
//! kept, as the import left them; a deleted part is kept whole, so that no import brings it back unasked. None of it is
//! shown with a route or a backend, and none of it reaches a snapshot.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Backend, Origin, Part, Route,
    fields::{Fields, differing, fields_of, of_fields},
};
use crate::id::Id;

/// What the last import left, and a person changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Of the routes.
    #[serde(default, skip_serializing_if = "Bases::is_empty")]
    pub routes: Bases<Route>,
    /// Of the backends.
    #[serde(default, skip_serializing_if = "Bases::is_empty")]
    pub backends: Bases<Backend>,
}

/// What the last import left of the parts of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "P: Part", deserialize = "P: Part + Deserialize<'de>"))]
pub struct Bases<P: Part> {
    /// Of each edited part, the fields that were other; null for a field that was not there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub edited: BTreeMap<Id<P::Marker>, Fields>,
    /// The parts that a person deleted, as the import left them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<P>,
}

impl Imported {
    /// Whether nobody touched what the last import left.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.backends.is_empty()
    }
}

impl<P: Part> Default for Bases<P> {
    fn default() -> Self {
        Self { edited: BTreeMap::new(), deleted: Vec::new() }
    }
}

impl<P: Part> Bases<P> {
    /// Whether nobody touched what the last import left.
    pub fn is_empty(&self) -> bool {
        self.edited.is_empty() && self.deleted.is_empty()
    }

    /// A part's fields as the last import left them; `None` when no import made it, or when it was edited before bases
    /// were kept.
    pub fn base(&self, part: &P) -> Option<Fields> {
        match part.origin() {
            Origin::Manual => None,
            Origin::Imported => Some(fields_of(part.spec())),
            Origin::Edited => {
                let before = self.edited.get(&part.id())?;
                let mut base = fields_of(part.spec());
                base.extend(before.clone());
                base.retain(|_, value| !value.is_null());
                Some(base)
            }
        }
    }

    /// A part as the last import left it, or as it is when that is not known.
    pub fn base_spec(&self, part: &P) -> P::Input {
        let edited = (part.origin() == Origin::Edited).then(|| self.base(part)).flatten();
        edited.and_then(of_fields).unwrap_or_else(|| part.spec().clone())
    }

    /// Remembers a part's base while it becomes `after`, and answers its origin from then on.
    pub fn become_spec(&mut self, part: &P, after: &P::Input) -> Origin {
        if part.origin().is_manual() {
            return Origin::Manual;
        }
        match self.base(part) {
            Some(base) => self.rebase(part.id(), after, &base),
            None => Origin::Edited,
        }
    }

    /// Sets the base of a part that is `spec`, and answers the origin that the two make.
    pub fn rebase(&mut self, id: Id<P::Marker>, spec: &P::Input, base: &Fields) -> Origin {
        let before = differing(&fields_of(spec), base);
        if before.is_empty() {
            self.edited.remove(&id);
            return Origin::Imported;
        }
        self.edited.insert(id, before);
        Origin::Edited
    }

    /// Remembers a part that a person deletes, unless a person made it.
    pub(super) fn delete(&mut self, part: &P) {
        if !part.origin().is_manual() {
            self.deleted.push(P::imported(part.id(), self.base_spec(part)));
            self.edited.remove(&part.id());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{BackendInput, Definition},
        *,
    };
    use crate::id::BackendId;

    fn id() -> BackendId {
        BackendId::from_parts(1, 1)
    }

    fn spec(host: &str) -> BackendInput {
        let spec = json!({ "name": "orders", "scheme": "http", "endpoints": [{ "host": host, "port": 80 }] });
        serde_json::from_value(spec).unwrap()
    }

    fn fresh() -> Definition {
        Definition { backends: vec![Backend::imported(id(), spec("a.example"))], ..Definition::default() }
    }

    #[test]
    fn what_nobody_touched_costs_nothing() {
        assert!(serde_json::to_value(fresh()).unwrap().get("imported").is_none());
    }

    #[test]
    fn an_edit_keeps_the_fields_that_it_changed_and_no_others() {
        let edited = fresh().put_backend(id(), spec("b.example")).unwrap();
        let edited = edited.put_backend(id(), spec("c.example")).unwrap();
        let kept = edited.imported.backends.edited.get(&id()).unwrap();
        assert_eq!(serde_json::to_value(kept).unwrap(), json!({ "endpoints": [{ "host": "a.example", "port": 80 }] }));
        assert_eq!(edited.imported.backends.base_spec(&edited.backends[0]), spec("a.example"));
        let json = serde_json::to_string(&edited).unwrap();
        assert_eq!(serde_json::from_str::<Definition>(&json).unwrap(), edited);
    }

    #[test]
    fn what_is_put_back_is_imported_again() {
        let edited = fresh().put_backend(id(), spec("b.example")).unwrap();
        assert_eq!(edited.put_backend(id(), spec("a.example")).unwrap(), fresh());
    }

    #[test]
    fn a_deleted_part_is_kept_as_the_import_left_it() {
        let edited = fresh().put_backend(id(), spec("b.example")).unwrap();
        let deleted = edited.remove_backend(id()).unwrap();
        assert_eq!(deleted.imported.backends.deleted, fresh().backends);
        assert!(deleted.imported.backends.edited.is_empty() && deleted.backends.is_empty());
        let by_hand = Definition::default().put_backend(id(), spec("a.example")).unwrap();
        assert_eq!(by_hand.remove_backend(id()).unwrap(), Definition::default());
    }

    #[test]
    fn a_part_that_was_edited_before_bases_were_kept_has_none() {
        let mut old = fresh();
        old.backends[0].origin = Origin::Edited;
        let json = serde_json::to_string(&old).unwrap();
        let old: Definition = serde_json::from_str(&json).unwrap();
        let edited = old.put_backend(id(), spec("b.example")).unwrap();
        assert_eq!(edited.backends[0].origin, Origin::Edited);
        assert_eq!(edited.imported.backends.base(&edited.backends[0]), None);
    }
}
