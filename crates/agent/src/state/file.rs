//! Files that are whole or not there: written beside, synced, renamed, and the folder synced.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{State, VERSION};
use crate::port::{StateStore, StoreError};

/// Writes a file atomically, readable by `mode` only.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    // What a crash left behind may have other permissions.
    remove(Path::new(&beside))?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}

/// Reads a file; `None` when there is none.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes a file; whether there was one.
pub fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads JSON; `None` when there is no such file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    let Some(bytes) = read(path).map_err(|error| failed("read", path, &error))? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| failed("read", path, &error))
}

/// Writes JSON atomically.
pub fn write_json<T: Serialize>(path: &Path, value: &T, mode: u32) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec_pretty(value).map_err(|error| failed("write", path, &error))?;
    write(path, &bytes, mode).map_err(|error| failed("write", path, &error))
}

/// The error for a file that could not be read or written.
pub fn failed(verb: &str, path: &Path, error: &dyn std::error::Error) -> StoreError {
    StoreError(format!("cannot {verb} `{}`: {error}", path.display()))
}

/// The state in a file of the state folder.
#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// The state file of a state folder.
    pub fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join("state.json") }
    }

    /// Reads the state; `None` when there is none yet.
    pub fn load(&self) -> Result<Option<State>, StoreError> {
        #[derive(serde::Deserialize)]
        struct Form {
            version: u32,
        }
        let Some(Form { version }) = read_json(&self.path)? else { return Ok(None) };
        if version != VERSION {
            let path = self.path.display();
            return Err(StoreError(format!("`{path}` has form {version}, and this agent reads form {VERSION}")));
        }
        read_json(&self.path)
    }
}

impl StateStore for StateFile {
    async fn save(&self, state: &State) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(state).map_err(|error| failed("write", &self.path, &error))?;
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || {
            write(&path, &bytes, 0o600).map_err(|error| failed("write", &path, &error))
        });
        written.await.map_err(|error| StoreError(format!("cannot write the state: {error}")))?
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use switchtower_domain::cluster::ClusterId;

    use super::*;

    #[tokio::test]
    async fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path());
        assert_eq!(file.load().unwrap(), None);
        let state = State { applied_version: 7, ..State::new(ClusterId::nil()) };
        file.save(&state).await.unwrap();
        assert_eq!(file.load().unwrap(), Some(state));
    }

    #[test]
    fn a_state_of_another_form_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("state.json"), r#"{"version": 2, "new": true}"#).unwrap();
        let error = StateFile::new(folder.path()).load().unwrap_err();
        assert!(error.to_string().contains("form 2"), "{error}");
    }

    #[test]
    fn a_cut_off_state_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("state.json"), r#"{"version": 1, "clu"#).unwrap();
        assert!(StateFile::new(folder.path()).load().unwrap_err().to_string().contains("state.json"));
    }

    #[test]
    fn what_a_crash_left_beside_is_replaced_with_the_right_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(folder.path().join("key.new"), "left").unwrap();
        write(&path, b"secret", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"secret");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
