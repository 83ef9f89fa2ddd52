//! A tree as a value: which files it has, and what is in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
};

use switchtower_domain::{cluster::ClusterId, deployment::DeploymentId};
use switchtower_render::nginx::{
    address,
    host::{self, CERTIFICATE, CERTIFICATE_KEY, Claims, Host},
};

use super::{
    certificates::Certificate,
    note::{self, Note},
};
use crate::port::{Object, Order, driver::sha256};

/// The file with the claims of a deployment.
pub(super) const CLAIMS: &str = "claims.json";

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// This text.
    Text(String),
    /// What is in that file, which never changes.
    Same(PathBuf),
}

/// A deployment in a tree.
#[derive(Debug, Clone)]
pub(super) struct Deployment {
    pub(super) note: Note,
    pub(super) claims: Claims,
    /// By name, note aside.
    pub(super) files: BTreeMap<String, Content>,
}

/// A tree.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    deployments: BTreeMap<String, Deployment>,
    /// Clients' keys, by file.
    keys: BTreeMap<String, String>,
    /// Certificates of listeners, by name.
    certificates: BTreeMap<String, Certificate>,
    /// The addresses of endpoints, by name.
    addresses: BTreeMap<String, Vec<IpAddr>>,
    main: String,
}

impl Content {
    pub(super) fn read(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Same(path) => fs::read_to_string(path).ok(),
        }
    }
}

impl Deployment {
    /// Whether the files of both have the same names and texts.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let names = self.files.keys().eq(other.files.keys());
        names && self.files.iter().all(|(name, content)| content.read() == other.text(name))
    }

    /// The text of a file.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.files.get(name).and_then(Content::read)
    }
}

impl Files {
    /// A tree of these deployments, by the names of their folders, with addresses and certificates.
    pub(super) fn of(
        deployments: BTreeMap<String, Deployment>,
        addresses: BTreeMap<String, Vec<IpAddr>>,
        certificates: BTreeMap<String, Certificate>,
    ) -> Self {
        Self { deployments, addresses, certificates, ..Self::default() }
    }

    pub(super) fn deployment(&self, id: DeploymentId) -> Option<Deployment> {
        self.deployments.get(&id.suffix()).cloned()
    }

    pub(super) fn deployments(&self) -> impl Iterator<Item = (&String, &Deployment)> {
        self.deployments.iter()
    }

    pub(super) fn notes(&self) -> impl Iterator<Item = &Note> {
        self.deployments.values().map(|deployment| &deployment.note)
    }

    pub(super) fn main(&self) -> &str {
        &self.main
    }

    pub(super) fn keys(&self) -> &BTreeMap<String, String> {
        &self.keys
    }

    pub(super) fn add_keys(&mut self, file: String, text: String) {
        self.keys.insert(file, text);
    }

    pub(super) fn certificates(&self) -> &BTreeMap<String, Certificate> {
        &self.certificates
    }

    pub(super) fn set_certificate(&mut self, name: String, certificate: Certificate) {
        self.certificates.insert(name, certificate);
    }

    pub(super) fn addresses(&self) -> &BTreeMap<String, Vec<IpAddr>> {
        &self.addresses
    }

    pub(super) fn set_addresses(&mut self, addresses: BTreeMap<String, Vec<IpAddr>>) {
        self.addresses = addresses;
    }

    /// What nginx reads in the place of the files that name endpoints.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = (String, String)> {
        self.deployments.iter().filter_map(|(name, deployment)| {
            let text = deployment.text(address::FILE)?;
            let addresses = |host: &str| self.addresses.get(host).cloned().unwrap_or_default();
            Some((address::file(name), address::put(&text, addresses)))
        })
    }

    /// Puts an order's objects in the place of what the deployment had; a deployment without objects is gone.
    pub(super) fn put(&mut self, cluster_id: ClusterId, order: &Order) -> Result<(), String> {
        let name = order.deployment_id.suffix();
        if order.objects.is_empty() {
            self.deployments.remove(&name);
            return Ok(());
        }
        let mut files = BTreeMap::new();
        for object in order.objects.iter() {
            files.insert(object.key.name.clone(), Content::Text(text(object)?.to_owned()));
        }
        let claims = match files.get(CLAIMS) {
            Some(Content::Text(text)) => serde_json::from_str(text),
            _ => return Err(format!("The deployment has no `{CLAIMS}`; it is not one for nginx.")),
        };
        let claims = claims.map_err(|error| format!("`{CLAIMS}` cannot be read: {error}."))?;
        let objects = order.objects.iter().map(|object| object.key.clone()).collect();
        let note = Note { cluster_id, deployment_id: order.deployment_id, generation: order.generation, objects };
        self.deployments.insert(name, Deployment { note, claims, files });
        Ok(())
    }

    /// Writes the main file; from here on the digest stands for all that nginx reads.
    pub(super) fn seal(&mut self, folder: &Path) -> Result<String, String> {
        let mut parts = String::new();
        let mut part =
            |name: &str, text: &str| parts.push_str(&format!("{} {name} {}\n", name.len(), sha256(text.as_bytes())));
        for (name, deployment) in &self.deployments {
            for (file, content) in &deployment.files {
                let text = content.read().ok_or_else(|| format!("`{file}` of the current configuration is gone."))?;
                part(&format!("{name}/{file}"), &text);
            }
        }
        self.keys.iter().for_each(|(file, text)| part(file, text));
        for (name, Certificate { chain, key }) in &self.certificates {
            part(&format!("{name}/{CERTIFICATE}"), chain);
            part(&format!("{name}/{CERTIFICATE_KEY}"), key);
        }
        self.endpoints().for_each(|(file, text)| part(&file, &text));
        let deployments = self.deployments.iter().map(|(name, deployment)| {
            let files: BTreeSet<String> = deployment.files.keys().cloned().collect();
            (name.clone(), (files, deployment.claims.clone()))
        });
        let deployments = deployments.collect();
        let folder = folder.to_str().ok_or("The folder's path is no text.")?;
        // The main file says the digest, so it is in it without that.
        part("main", &host::main(Host { folder, digest: "", deployments: &deployments }));
        let digest = sha256(parts.as_bytes()).chars().take(32).collect::<String>();
        self.main = host::main(Host { folder, digest: &digest, deployments: &deployments });
        Ok(digest)
    }
}

/// The text of an object, if its name is fit for a file.
fn text(object: &Object) -> Result<&str, String> {
    let name = &object.key.name;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let fit = !name.is_empty() && name.len() <= 200 && !name.starts_with('.') && name.bytes().all(plain);
    if !fit || name == note::FILE {
        return Err(format!("`{name}` cannot be the name of a file."));
    }
    object.manifest.as_str().ok_or_else(|| format!("{} is no text; it is not one for nginx.", object.key))
}
