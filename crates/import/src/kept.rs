//! What people wrote in a document and find again in its routes: texts and extensions, within a budget.
//!
//! A definition holds 1 MiB. What gateways need comes first, so texts and extensions of a very large document are cut,
//! always at the same places.

use std::collections::BTreeMap;

use serde_json::Value;
use switchtower_domain::api_service::Method;

use crate::{
    document::Extensions,
    note::{Notes, cut},
    wanted::Group,
};

/// The most characters of a route's description.
const MAX_DESCRIPTION: usize = 1_000;
/// The most characters that a description takes from the longer text below a summary.
const MAX_BODY: usize = 240;
/// The most bytes of all longer texts and links together.
const BODIES: usize = 128 * 1024;
/// The most bytes of all extensions together, as JSON.
const EXTENSIONS: usize = 160 * 1024;
/// The most extensions of a route, and their bytes as JSON.
const MAX_EXTENSIONS: usize = 16;
const MAX_EXTENSION_BYTES: usize = 4_000;
/// The most links of a description.
const MAX_LINKS: usize = 3;

/// What has been kept so far.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    body_bytes: usize,
    extension_bytes: usize,
}

/// The texts of a route.
pub(crate) struct Texts {
    /// The path's summary, else the operations' summaries, else the description of the only operation.
    summary: String,
    /// Which operations are deprecated.
    deprecated: Option<String>,
    /// Where more is told, and what is told below the summary.
    body: String,
}

impl Texts {
    /// Of all operations of a route.
    pub(crate) fn of(group: &Group<'_, '_>) -> Self {
        let targets = || group.operations.values();
        let mut summaries: Vec<&str> = Vec::new();
        for target in targets() {
            let of_path = target.layers.iter().find_map(|layer| layer.summary.as_deref());
            add_text(&mut summaries, of_path.or(target.operation.summary.as_deref()));
        }
        let mut bodies: Vec<&str> = Vec::new();
        for target in targets() {
            add_text(&mut bodies, target.layers.iter().find_map(|layer| layer.description.as_deref()));
        }
        targets().for_each(|target| add_text(&mut bodies, target.operation.description.as_deref()));
        if summaries.is_empty() && group.operations.len() == 1 {
            summaries.extend(bodies.pop());
        }
        let summary = summaries.join("; ");
        let body: Vec<&str> = bodies.into_iter().map(first_paragraph).filter(|text| *text != summary).collect();
        let mut links: Vec<&str> = Vec::new();
        targets().for_each(|target| add_text(&mut links, target.operation.external_docs.url.as_deref()));
        let mut below: Vec<String> =
            links.iter().take(MAX_LINKS).map(|link| format!("See {}", cut(link, 200))).collect();
        below.extend(Some(cut(&body.join("\n\n"), MAX_BODY)).filter(|body| !body.is_empty()));
        Self { summary, deprecated: deprecated(group), body: below.join("\n\n") }
    }
}

/// The sentence that tells which operations are deprecated.
fn deprecated(group: &Group<'_, '_>) -> Option<String> {
    let operations = || group.operations.iter().filter(|(_, target)| target.operation.deprecated);
    let methods: Vec<&str> = operations().map(|(method, _)| method.as_str()).collect();
    if methods.is_empty() {
        None
    } else if methods.len() == group.operations.len() {
        Some("Deprecated.".to_owned())
    } else {
        Some(format!("Deprecated: {}.", methods.join(", ")))
    }
}

/// What operations say: under its own name when all say it and say the same, else with the method behind it.
fn told_apart(group: &Group<'_, '_>) -> BTreeMap<String, Value> {
    let mut of_operations: BTreeMap<String, Vec<(Method, Value)>> = BTreeMap::new();
    for (method, target) in &group.operations {
        for (key, value) in target.operation.extensions.values() {
            of_operations.entry(key).or_default().push((*method, value));
        }
    }
    let mut extensions = BTreeMap::new();
    for (key, values) in of_operations {
        let common = values.iter().all(|(_, value)| values.first().is_some_and(|(_, first)| first == value));
        if common && values.len() == group.operations.len() {
            extensions.extend(values.into_iter().next().map(|(_, value)| (key, value)));
        } else {
            let named =
                |(method, value): (Method, Value)| (format!("{key}@{}", method.as_str().to_ascii_lowercase()), value);
            extensions.extend(values.into_iter().map(named));
        }
    }
    extensions
}

fn add_text<'a>(texts: &mut Vec<&'a str>, text: Option<&'a str>) {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    texts.extend(text.filter(|text| !texts.contains(text)));
}

fn first_paragraph(text: &str) -> &str {
    text.split("\n\n").next().unwrap_or(text).trim()
}

impl Kept {
    /// The description of a route.
    pub(crate) fn description(&mut self, texts: &Texts, group: &Group<'_, '_>, notes: &mut Notes) -> Option<String> {
        let mut parts: Vec<&str> = vec![&texts.summary];
        parts.extend(texts.deprecated.as_deref());
        if self.body_bytes + texts.body.len() <= BODIES {
            self.body_bytes += texts.body.len();
            parts.push(&texts.body);
        } else {
            let detail = "The document's texts are long together, so from here on routes get summaries only.";
            notes.add_once(group.pointer(), "descriptions_cut", detail);
        }
        parts.retain(|part| !part.is_empty());
        Some(cut(&parts.join("\n\n"), MAX_DESCRIPTION)).filter(|text| !text.is_empty())
    }

    /// The extensions of a route: its operations', before its path's. What its operations do not all say the same is
    /// told for each: `x-limit@get`.
    pub(crate) fn extensions(&mut self, group: &Group<'_, '_>, notes: &mut Notes) -> BTreeMap<String, Value> {
        let mut extensions: BTreeMap<String, Value> = BTreeMap::new();
        if let Some(target) = group.operations.values().next() {
            target.layers.iter().rev().for_each(|layer| extensions.extend(layer.extensions.values()));
        }
        let mut operations = group.operations.values().map(|target| &target.operation.extensions);
        let first = operations.next();
        if operations.all(|other| first.is_some_and(|first| first.are_written_like(other))) {
            extensions.extend(first.into_iter().flat_map(Extensions::values));
        } else {
            extensions.extend(told_apart(group));
        }
        self.within_bounds(extensions, group, notes)
    }

    fn within_bounds(
        &mut self,
        extensions: BTreeMap<String, Value>,
        group: &Group<'_, '_>,
        notes: &mut Notes,
    ) -> BTreeMap<String, Value> {
        let (mut kept, mut bytes) = (BTreeMap::new(), 2);
        for (key, value) in extensions {
            let more = key.len() + value.to_string().len() + 4;
            let fits = kept.len() < MAX_EXTENSIONS && bytes + more <= MAX_EXTENSION_BYTES;
            if fits && self.extension_bytes + more <= EXTENSIONS {
                bytes += more;
                self.extension_bytes += more;
                kept.insert(key, value);
                continue;
            }
            let detail = format!(
                "`{}` is left out: a route keeps at most {MAX_EXTENSIONS} extensions of {MAX_EXTENSION_BYTES} bytes \
                 together, an API service {EXTENSIONS}.",
                cut(&key, 60)
            );
            notes.add(group.pointer(), "extension_too_large", detail);
        }
        kept
    }
}
