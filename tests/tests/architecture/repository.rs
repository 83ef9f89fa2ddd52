//! The files of the repository, read as text.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A path in the repository.
pub(crate) fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A file of the repository.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names in a folder of the repository.
pub(crate) fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(at(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8")).collect()
}

/// The names in a folder that end so, without the end.
pub(crate) fn stems(folder: &str, end: &str) -> BTreeSet<String> {
    names(folder).into_iter().filter_map(|name| name.strip_suffix(end).map(str::to_owned)).collect()
}

/// What stands after a mark, to the end of the line.
pub(crate) fn after<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    text.lines().filter_map(|line| line.split_once(mark)).map(|(_, rest)| rest.trim()).collect()
}

/// The names in the YAML list that is the second item below a line: `- - first`, `  - second`, …
pub(crate) fn list_below(text: &str, line: &str) -> BTreeSet<String> {
    let lines = text.lines().skip_while(|text| text.trim() != line).skip(2);
    lines.map_while(item).map(str::to_owned).collect()
}

fn item(line: &str) -> Option<&str> {
    let name = line.trim().strip_prefix("- ")?.trim_start_matches("- ");
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-').then_some(name)
}
