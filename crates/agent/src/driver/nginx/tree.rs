//! Trees on disk, and the link that names the current one.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use switchtower_domain::deployment::DeploymentId;
use switchtower_render::nginx::host;

use super::{
    certificates::Certificate,
    files::{CLAIMS, Content, Deployment, Files},
    note,
};
use crate::state::file;

/// The trees of a folder.
#[derive(Debug, Clone)]
pub(super) struct Trees {
    folder: PathBuf,
}

/// The link to the current tree.
pub(super) const CURRENT: &str = "current";
/// The main file of a tree.
pub(super) const MAIN: &str = "nginx.conf";
/// The addresses of endpoints by name, as they were last found.
const ADDRESSES: &str = "addresses.json";

impl Trees {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn tree(&self, name: &str) -> PathBuf {
        self.folder.join("trees").join(name)
    }

    /// The name of the current tree, `<digest>-<n>`; `None` when there is none.
    fn name(&self) -> io::Result<Option<String>> {
        match fs::read_link(self.folder.join(CURRENT)) {
            Ok(target) => Ok(target.file_name().and_then(OsStr::to_str).map(str::to_owned)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the current tree was sealed with this digest.
    pub(super) fn is_current(&self, digest: &str) -> io::Result<bool> {
        Ok(self.name()?.is_some_and(|name| digest_of(&name) == digest))
    }

    /// What is in the current tree.
    pub(super) fn current(&self) -> io::Result<Files> {
        let Some(tree) = self.name()? else { return Ok(Files::default()) };
        let mut deployments = BTreeMap::new();
        for entry in fs::read_dir(self.tree(&tree).join("deployments"))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if let Some(deployment) = deployment(&entry.path())? {
                deployments.insert(name, deployment);
            }
        }
        // A tree of before has none, and neither has one that was changed by hand.
        let addresses = file::read(&self.tree(&tree).join(ADDRESSES))?.unwrap_or_default();
        let addresses = serde_json::from_slice(&addresses).unwrap_or_default();
        let mut certificates = BTreeMap::new();
        for name in deployments.values().flat_map(|deployment: &Deployment| &deployment.claims.certificates) {
            let text = |part| fs::read_to_string(self.tree(&tree).join(host::certificate_file(name, part)));
            if let (Ok(chain), Ok(key)) = (text(host::CERTIFICATE), text(host::CERTIFICATE_KEY)) {
                certificates.insert(name.clone(), Certificate { chain, key });
            }
        }
        Ok(Files::of(deployments, addresses, certificates))
    }

    /// Keeps the note on a deployment whose files are as they were.
    pub(super) fn note(&self, files: &Files, id: DeploymentId) -> io::Result<()> {
        let (Some(deployment), Some(name)) = (files.deployment(id), self.name()?) else { return Ok(()) };
        let path = self.tree(&name).join("deployments").join(id.suffix()).join(note::FILE);
        let bytes = serde_json::to_vec(&deployment.note)?;
        if file::read(&path)?.as_deref() == Some(&bytes) { Ok(()) } else { file::write(&path, &bytes, 0o644) }
    }

    /// Writes a tree that nothing names yet, and says its name. Keys and certificates are readable by the owner only.
    pub(super) fn write(&self, files: &Files, digest: &str) -> io::Result<String> {
        let name = self.free(digest);
        let tree = self.tree(&name);
        fs::create_dir_all(tree.join("deployments"))?;
        fs::create_dir_all(tree.join("keys"))?;
        fs::set_permissions(tree.join("keys"), fs::Permissions::from_mode(0o700))?;
        for (name, deployment) in files.deployments() {
            let folder = tree.join("deployments").join(name);
            fs::create_dir_all(&folder)?;
            for (name, content) in &deployment.files {
                match content {
                    Content::Text(text) => file::write(&folder.join(name), text.as_bytes(), 0o644)?,
                    Content::Same(path) => fs::hard_link(path, folder.join(name))?,
                }
            }
            file::write(&folder.join(note::FILE), &serde_json::to_vec(&deployment.note)?, 0o644)?;
        }
        for (name, text) in files.keys() {
            file::write(&tree.join(name), text.as_bytes(), 0o600)?;
        }
        for (name, Certificate { chain, key }) in files.certificates() {
            for (part, text) in [(host::CERTIFICATE, chain), (host::CERTIFICATE_KEY, key)] {
                let path = tree.join(host::certificate_file(name, part));
                path.parent().map_or(Ok(()), fs::create_dir_all)?;
                file::write(&path, text.as_bytes(), 0o600)?;
            }
        }
        fs::create_dir_all(tree.join("addresses"))?;
        for (name, text) in files.endpoints() {
            file::write(&tree.join(name), text.as_bytes(), 0o644)?;
        }
        file::write(&tree.join(ADDRESSES), &serde_json::to_vec(files.addresses())?, 0o644)?;
        file::write(&tree.join(MAIN), files.main().as_bytes(), 0o644)?;
        File::open(self.folder.join("trees"))?.sync_all()?;
        Ok(name)
    }

    /// A name that no tree has: a tree is never written twice.
    fn free(&self, digest: &str) -> String {
        let taken = |name: &String| self.tree(name).exists();
        let mut names = (0_u64..).map(|number| format!("{digest}-{number}"));
        names.find(|name| !taken(name)).unwrap_or_default()
    }

    /// The main file of a tree.
    pub(super) fn main(&self, name: &str) -> PathBuf {
        self.tree(name).join(MAIN)
    }

    /// Makes a tree the current one; says which one was.
    pub(super) fn swap(&self, name: &str) -> io::Result<Option<String>> {
        let was = self.name()?;
        let beside = self.folder.join("current.new");
        file::remove(&beside)?;
        symlink(Path::new("trees").join(name), &beside)?;
        fs::rename(&beside, self.folder.join(CURRENT))?;
        File::open(&self.folder)?.sync_all()?;
        Ok(was)
    }

    /// Removes all trees but the current one and the one before.
    pub(super) fn tidy(&self, before: Option<&str>) -> io::Result<()> {
        let current = self.name()?;
        for entry in fs::read_dir(self.folder.join("trees"))? {
            let entry = entry?;
            let name = entry.file_name();
            if [current.as_deref(), before].iter().flatten().all(|kept| name != **kept) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

fn digest_of(name: &str) -> &str {
    name.split('-').next().unwrap_or_default()
}

/// A deployment in a tree; `None` where no note says whose it is.
fn deployment(folder: &Path) -> io::Result<Option<Deployment>> {
    let Some(bytes) = file::read(&folder.join(note::FILE))? else { return Ok(None) };
    let note = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
    let claims = file::read(&folder.join(CLAIMS))?.unwrap_or_default();
    let claims = serde_json::from_slice(&claims).map_err(io::Error::other)?;
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string()
            && name != note::FILE
        {
            files.insert(name, Content::Same(entry.path()));
        }
    }
    Ok(Some(Deployment { note, claims, files }))
}
