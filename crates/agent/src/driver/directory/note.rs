//! What the folder itself knows of a deployment, for the day on which the agent's state is lost.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use switchtower_domain::{
    cluster::ClusterId,
    deployment::{DeploymentId, Generation},
};

use crate::{
    port::{ObjectKey, Owned},
    state::file,
};

/// A note on one deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) cluster_id: ClusterId,
    pub(super) deployment_id: DeploymentId,
    pub(super) generation: Generation,
    pub(super) objects: BTreeSet<ObjectKey>,
}

/// Where the notes are; GitOps tools pass over names that begin with a dot.
pub(super) fn folder(folder: &Path) -> PathBuf {
    folder.join(".switchtower")
}

fn path(folder: &Path, deployment: DeploymentId) -> PathBuf {
    self::folder(folder).join(format!("{}.json", deployment.suffix()))
}

impl Note {
    /// A note on a deployment of which nothing is in place.
    pub(super) const fn new(cluster_id: ClusterId, deployment_id: DeploymentId) -> Self {
        Self { cluster_id, deployment_id, generation: Generation(0), objects: BTreeSet::new() }
    }

    pub(super) fn read(folder: &Path, deployment: DeploymentId) -> io::Result<Option<Self>> {
        let bytes = file::read(&path(folder, deployment))?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(io::Error::other)).transpose()
    }

    pub(super) fn all(folder: &Path) -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(self::folder(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut notes = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                notes.push(serde_json::from_slice(&fs::read(&path)?).map_err(io::Error::other)?);
            }
        }
        Ok(notes)
    }

    /// Keeps the note, or removes it when there is nothing left to note.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let path = path(folder, self.deployment_id);
        if self.objects.is_empty() {
            return file::remove(&path).map(|_| ());
        }
        file::write(&path, &serde_json::to_vec(self)?, 0o644)
    }

    pub(super) fn into_owned(self) -> Owned {
        Owned { deployment_id: self.deployment_id, generation: self.generation, objects: self.objects }
    }
}
