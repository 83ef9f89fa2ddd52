//! What the last import wrote, in a file: so the next one knows what a person changed since.
//!
//! A line of JSON per resource, appended as soon as it is written, so that an interrupted import loses nothing; later lines
//! count. Routes and backends have no labels that could hold this, and a digest could not tell which fields differ.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{contract::Canonical, wanted::Key};

/// The form of the file.
const FORMAT: u32 = 1;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be read or written.
    #[error("cannot use the state file `{}`: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is of something else.
    #[error("the state file `{}` is of {other}; use another one with --state", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What it is of.
        other: String,
    },
}

/// Whose state it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    format: u32,
    /// The control plane.
    pub api_url: String,
    /// The tenant of the API key.
    pub tenant_id: String,
}

impl Owner {
    /// The tenant at a control plane.
    pub fn new(api_url: &str, tenant_id: &str) -> Self {
        Self { format: FORMAT, api_url: api_url.trim_end_matches('/').to_owned(), tenant_id: tenant_id.to_owned() }
    }
}

/// What the last import wrote of one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The id of the resource.
    pub id: String,
    /// What it was then.
    pub was: Canonical,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    row: Key,
    #[serde(flatten)]
    written: Written,
}

/// What the last import wrote of each row.
#[derive(Debug, Default)]
pub struct State {
    written: HashMap<Key, Written>,
}

impl State {
    /// Reads the file; nothing, when there is none.
    pub fn load(path: &Path, owner: &Owner) -> Result<Self, StateError> {
        let failed = |error| StateError::File { path: path.to_owned(), error };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(error)),
        };
        let mut lines = BufReader::new(file).lines();
        let Some(first) = lines.next().transpose().map_err(failed)? else { return Ok(Self::default()) };
        let other = |other: &str| StateError::Other { path: path.to_owned(), other: other.to_owned() };
        let found: Owner = serde_json::from_str(&first).map_err(|_| other("something else"))?;
        if found != *owner {
            return Err(other(&format!("tenant `{}` at {}", found.tenant_id, found.api_url)));
        }
        let mut state = Self::default();
        for line in lines {
            // Only the last line can be torn, and what it told is found again by its labels.
            if let Ok(Entry { row, written }) = serde_json::from_str(&line.map_err(failed)?) {
                state.written.insert(row, written);
            }
        }
        Ok(state)
    }

    /// What the last import wrote of a row.
    pub fn of(&self, row: &Key) -> Option<&Written> {
        self.written.get(row)
    }
}

/// Where what is written is noted.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the file for notes, with the old ones in it, each once.
    pub fn open(path: &Path, owner: &Owner, state: &State) -> Result<Self, StateError> {
        let failed = |error| StateError::File { path: path.to_owned(), error };
        let fresh = path.with_extension("new");
        let mut file = private(&fresh).map_err(failed)?;
        write_line(&mut file, owner).map_err(failed)?;
        let mut rows: Vec<_> = state.written.iter().collect();
        rows.sort_by_key(|(row, _)| *row);
        for (row, written) in rows {
            write_line(&mut file, &Entry { row: row.clone(), written: written.clone() }).map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        std::fs::rename(&fresh, path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Notes what was written of a row.
    pub fn note(&mut self, row: &Key, written: Written) -> Result<(), StateError> {
        let failed = |error| StateError::File { path: self.path.clone(), error };
        write_line(&mut self.file, &Entry { row: row.clone(), written }).map_err(failed)
    }
}

/// A new file that nobody else reads.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_line(file: &mut File, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(id: &str) -> Written {
        Written { id: id.to_owned(), was: Canonical { body: json!({ "name": id }), status: None } }
    }

    #[test]
    fn what_was_noted_is_there_again_also_after_a_torn_line() {
        let dir = tempfile::tempdir().unwrap();
        let (path, owner) = (dir.path().join("import.state"), Owner::new("http://localhost/", "ten_1"));
        let key = Key::new("routes", "1");
        let mut journal = Journal::open(&path, &owner, &State::default()).unwrap();
        journal.note(&key, written("a")).unwrap();
        journal.note(&key, written("b")).unwrap();
        journal.file.write_all(b"{\"row\": {\"table\"").unwrap();
        let state = State::load(&path, &Owner::new("http://localhost", "ten_1")).unwrap();
        assert_eq!(state.of(&key), Some(&written("b")));
        drop(Journal::open(&path, &owner, &state).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
        assert_eq!(State::load(&path, &owner).unwrap().of(&key), Some(&written("b")));
    }

    #[test]
    fn the_state_of_another_tenant_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("import.state");
        drop(Journal::open(&path, &Owner::new("http://localhost", "ten_1"), &State::default()).unwrap());
        let error = State::load(&path, &Owner::new("http://localhost", "ten_2")).unwrap_err().to_string();
        assert!(error.contains("ten_1") && error.contains("--state"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("import.state");
        drop(Journal::open(&path, &Owner::new("http://localhost", "ten_1"), &State::default()).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
