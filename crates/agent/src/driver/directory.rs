//! Manifests in a folder, for GitOps and demos: one YAML file per object.
//!
//! ```text
//!   <folder>/<namespace>/<deployment>/<kind>-<name>.yaml
//!   <folder>/.switchtower/<deployment>.json    whose it is, the generation, and its objects
//! ```
//!
//! Only files that the second kind names are ever removed. A folder may serve several clusters: an agent touches nothing of
//! another cluster's. It refuses generations older than the one that it finds noted, whoever noted it.

mod layout;
mod note;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use switchtower_domain::{
    cluster::ClusterId, deployment::ObjectOutcome, gateway::GatewayClass, product_publish::DriftPolicy,
};
use switchtower_protocol::{capabilities::Capabilities, snapshot::Snapshot};
use switchtower_render::Options;

use self::{layout::file_of, note::Note};
use super::{
    drift,
    kind::{KINDS, Kind},
};
use crate::{
    port::{Driver, DriverError, Failure, Object, ObjectKey, ObjectResult, Order, Owned, Placed},
    state::file,
};

/// The first line of every manifest.
const HEADER: &str = "# Written by switchtower-agent; changes by hand are noticed.\n";
/// What is said of a manifest that was not as it had been written.
const PUT_RIGHT: &str = "It was changed or removed by hand, and is as published again.";

/// Writes manifests to a folder.
#[derive(Debug, Clone)]
pub struct Directory {
    folder: PathBuf,
    cluster_id: ClusterId,
    options: Options,
}

impl Directory {
    /// A driver for a folder, which is made when it is not there.
    pub fn new(folder: PathBuf, cluster_id: ClusterId, options: Options) -> Self {
        Self { folder, cluster_id, options }
    }

    /// Keeps other agents out while it changes the folder.
    fn lock(&self) -> io::Result<File> {
        let notes = note::folder(&self.folder);
        fs::create_dir_all(&notes)?;
        let lock = File::create(notes.join("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    fn apply_now(&self, order: &Order) -> Result<Placed, DriverError> {
        let unusable = |error: io::Error| {
            DriverError::Unusable(format!("The folder `{}` cannot be used: {error}.", self.folder.display()))
        };
        let _lock = self.lock().map_err(unusable)?;
        let noted = Note::read(&self.folder, order.deployment_id).map_err(unusable)?;
        if let Some(noted) = noted.as_ref().filter(|noted| noted.generation > order.generation) {
            return Err(DriverError::Superseded(noted.generation));
        }
        let mut note = noted.unwrap_or_else(|| Note::new(self.cluster_id, order.deployment_id));
        note.generation = order.generation;
        note.objects.extend(order.objects.iter().map(|object| object.key.clone()));
        note.write(&self.folder).map_err(unusable)?;

        let mut results: Vec<_> = order.objects.iter().map(|object| self.put(order, object)).collect();
        if results.iter().all(|result| result.outcome != ObjectOutcome::Failed) {
            let gone: Vec<_> = order.delete.iter().map(|key| self.delete(order, key)).collect();
            for result in gone.iter().filter(|result| result.outcome == ObjectOutcome::Deleted) {
                note.objects.remove(&result.key);
            }
            results.extend(gone);
            note.write(&self.folder).map_err(unusable)?;
        }
        let findings = (!order.objects.is_empty()).then(|| drift::finding(&results));
        Ok(Placed { results, findings: findings.into_iter().collect() })
    }

    fn put(&self, order: &Order, object: &Object) -> ObjectResult {
        let key = object.key.clone();
        let written = file_of(&self.folder, order.deployment_id, &key)
            .ok_or_else(|| "its name cannot be a file's".to_owned())
            .and_then(|path| {
                let text = switchtower_render::to_yaml(&object.manifest);
                let leave = order.established && order.drift == DriftPolicy::Alert;
                write_if_new(&path, format!("{HEADER}{text}").as_bytes(), leave).map_err(|error| error.to_string())
            });
        match written {
            Ok(ObjectOutcome::Drifted) => {
                ObjectResult::done(key, ObjectOutcome::Drifted).saying("It was changed or removed by hand.")
            }
            Ok(outcome) if order.established && outcome != ObjectOutcome::Unchanged => {
                ObjectResult::done(key, outcome).saying(PUT_RIGHT)
            }
            Ok(outcome) => ObjectResult::done(key, outcome),
            Err(error) => ObjectResult::failed(key, format!("The manifest cannot be written: {error}.")),
        }
    }

    fn delete(&self, order: &Order, key: &ObjectKey) -> ObjectResult {
        let Some(path) = file_of(&self.folder, order.deployment_id, key) else {
            // It was never written either.
            return ObjectResult::done(key.clone(), ObjectOutcome::Deleted);
        };
        match file::remove(&path) {
            Ok(_) => {
                self.tidy(&path);
                ObjectResult::done(key.clone(), ObjectOutcome::Deleted)
            }
            Err(error) => ObjectResult::failed(key.clone(), format!("The manifest cannot be removed: {error}.")),
        }
    }

    /// Removes the folders above a manifest that have become empty; one that has not stays, and that is no error.
    fn tidy(&self, manifest: &Path) {
        let above = manifest.ancestors().skip(1).take_while(|folder| *folder != self.folder);
        for folder in above {
            if fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

/// Writes what is not there yet, or tells that it is not, when it is to be left.
fn write_if_new(path: &Path, bytes: &[u8], leave: bool) -> io::Result<ObjectOutcome> {
    let before = file::read(path)?;
    if before.as_deref() == Some(bytes) {
        return Ok(ObjectOutcome::Unchanged);
    }
    if leave {
        return Ok(ObjectOutcome::Drifted);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    file::write(path, bytes, 0o644)?;
    Ok(if before.is_some() { ObjectOutcome::Updated } else { ObjectOutcome::Created })
}

impl Driver for Directory {
    fn name(&self) -> &'static str {
        "directory"
    }

    fn plan(&self, snapshot: &Snapshot) -> Result<Vec<Object>, Vec<Failure>> {
        super::plan::plan(snapshot, &self.options)
    }

    async fn owned(&self) -> Result<Vec<Owned>, DriverError> {
        let notes = Note::all(&self.folder).map_err(|error| {
            DriverError::Unusable(format!("the folder `{}` cannot be used: {error}", self.folder.display()))
        })?;
        let own = notes.into_iter().filter(|note| note.cluster_id == self.cluster_id);
        Ok(own.map(Note::into_owned).collect())
    }

    async fn apply(&self, order: &Order) -> Result<Placed, DriverError> {
        let (this, order) = (self.clone(), order.clone());
        let applied = tokio::task::spawn_blocking(move || this.apply_now(&order)).await;
        applied.map_err(|error| DriverError::Unusable(format!("The apply broke off: {error}.")))?
    }

    async fn survey(&self) -> Capabilities {
        Capabilities {
            driver: self.name().to_owned(),
            gateway_classes: vec![GatewayClass::Envoy.name().to_owned()],
            apis: KINDS.iter().map(Kind::api).collect(),
            namespace: Some(self.options.namespace.clone()),
            gateway_class_name: Some(self.options.envoy_gateway_class.clone()),
            ..Capabilities::default()
        }
    }
}

#[cfg(test)]
mod tests;
