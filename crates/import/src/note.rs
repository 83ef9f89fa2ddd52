//! What an import did not understand, or left out on purpose.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use utoipa::ToSchema;

/// The most notes of one report; the rest is counted.
pub(crate) const MAX_NOTES: usize = 200;

/// Something in the document that is not, or not fully, in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Note {
    /// A JSON pointer (RFC 6901) into the document.
    pub pointer: String,
    /// A stable word for what was met, such as `server_unused`.
    pub code: &'static str,
    /// A sentence that tells what it means.
    pub detail: String,
}

/// The notes of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The first 200.
    pub notes: Vec<Note>,
    /// How many more there were.
    pub omitted: usize,
    /// How often each code was met. What is told once, at its first place, is counted at every place.
    pub counts: BTreeMap<&'static str, usize>,
}

/// The notes so far.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    report: Report,
    once: HashSet<(&'static str, &'static str)>,
}

impl Notes {
    pub(crate) fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        *self.report.counts.entry(code).or_default() += 1;
        if self.report.notes.len() < MAX_NOTES {
            self.report.notes.push(Note { pointer: cut(&pointer.into(), 1_000), code, detail: detail.into() });
        } else {
            self.report.omitted += 1;
        }
    }

    /// Adds a note unless there is one of that code, which is then counted.
    pub(crate) fn add_once(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        self.add_first(pointer, code, "", detail);
    }

    /// Adds a note unless there is one of that code and kind, which is then counted.
    pub(crate) fn add_first(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        kind: &'static str,
        detail: impl Into<String>,
    ) {
        if self.once.insert((code, kind)) {
            self.add(pointer, code, detail);
        } else {
            *self.report.counts.entry(code).or_default() += 1;
        }
    }

    /// The notes, how many more there were, and how many of each code.
    pub(crate) fn into_report(self) -> Report {
        self.report
    }
}

/// A JSON pointer one step further.
pub(crate) fn pointer(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The text, or its first `max` characters.
pub(crate) fn cut(text: &str, max: usize) -> String {
    text.char_indices().nth(max).map_or(text, |(end, _)| text.get(..end).unwrap_or(text)).to_owned()
}
