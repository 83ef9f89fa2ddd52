//! References from one path item to another, inside the document.

use std::borrow::Cow;

use crate::document::{Document, PathItem};

/// The most references that are followed from one path.
const MAX_STEPS: usize = 16;

/// Why a reference leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReferenceProblem {
    External,
    NotFound,
    Endless,
}

impl ReferenceProblem {
    /// The code and the sentence of its note.
    pub(crate) const fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::External => ("external_ref", "References to other documents are not followed; bundle them into one."),
            Self::NotFound => {
                ("ref_not_found", "The reference names no path item in `paths` or `components/pathItems`.")
            }
            Self::Endless => ("ref_endless", "The reference leads back to itself, or through too many others."),
        }
    }
}

/// The path item and those that it refers to, nearest first, and what stopped the walk too early.
pub(crate) fn layers<'a>(document: &'a Document, item: &'a PathItem) -> (Vec<&'a PathItem>, Option<ReferenceProblem>) {
    let mut layers = vec![item];
    let mut at = item;
    while let Some(reference) = &at.reference {
        let Some(pointer) = reference.strip_prefix('#') else {
            return (layers, Some(ReferenceProblem::External));
        };
        let Some(target) = find(document, pointer) else {
            return (layers, Some(ReferenceProblem::NotFound));
        };
        if layers.len() > MAX_STEPS || layers.iter().any(|layer| std::ptr::eq(*layer, target)) {
            return (layers, Some(ReferenceProblem::Endless));
        }
        layers.push(target);
        at = target;
    }
    (layers, None)
}

fn find<'a>(document: &'a Document, pointer: &str) -> Option<&'a PathItem> {
    let pointer = decode(pointer);
    if let Some(key) = pointer.strip_prefix("/components/pathItems/") {
        return document.root.components.path_items.get(&unescape(key)?);
    }
    document.root.paths.get(&unescape(pointer.strip_prefix("/paths/")?)?)
}

/// One step of a JSON pointer.
fn unescape(step: &str) -> Option<String> {
    if step.contains('/') { None } else { Some(step.replace("~1", "/").replace("~0", "~")) }
}

/// Undoes percent-encoding; what is not UTF-8 then is compared as written.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_may_be_percent_encoded() {
        assert_eq!(decode("/paths/~1pets~1%7Bid%7D"), "/paths/~1pets~1{id}");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%ff"), "%ff");
    }
}
