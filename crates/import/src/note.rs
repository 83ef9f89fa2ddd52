//! What an import did not understand, or left out on purpose.

use std::collections::HashSet;

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

/// The notes so far.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    notes: Vec<Note>,
    omitted: usize,
    once: HashSet<&'static str>,
}

impl Notes {
    pub(crate) fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note { pointer: cut(&pointer.into(), 1_000), code, detail: detail.into() });
        } else {
            self.omitted += 1;
        }
    }

    /// Adds a note unless there is one of that code.
    pub(crate) fn add_once(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        if self.once.insert(code) {
            self.add(pointer, code, detail);
        }
    }

    /// The notes, and how many more there were.
    pub(crate) fn into_parts(self) -> (Vec<Note>, usize) {
        (self.notes, self.omitted)
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
