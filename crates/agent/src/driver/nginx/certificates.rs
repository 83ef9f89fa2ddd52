//! Certificates of listeners, from folders as Kubernetes mounts Secrets: `<secrets>/<certificate>/{tls.crt,tls.key}`.
//!
//! nginx refuses all of its configuration for one certificate that is missing or wrong, so that the one of one tenant would keep
//! everybody from publishing. So trees have copies of their own, and it is the affair of those who listen with it:
//!
//! * an order whose certificate is missing, or that nginx refuses, is refused, and what was there before goes on serving;
//! * what is in place beside it keeps the certificate that it has, until there is one again that nginx takes.
//!
//! Every look at a deployment reads them anew, so that a renewed certificate is taken up within a minute or so.

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
};

use switchtower_domain::deployment::DeploymentId;
use switchtower_render::nginx::host::{CERTIFICATE, CERTIFICATE_KEY, certificate_file};

use super::{
    Refusal,
    files::{CLAIMS, Files},
};

/// The most bytes of a certificate with its chain, and of a key.
const MAX_BYTES: u64 = 256 * 1024;

/// A certificate with its chain, and its key, both as PEM.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) chain: String,
    pub(super) key: String,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

/// Adds all certificates that deployments listen with.
pub(super) fn add(files: &mut Files, old: &Files, secrets: &Path, id: DeploymentId) -> Result<(), Refusal> {
    for (name, own) in wanted(files, id) {
        let certificate = match read(secrets, &name) {
            Ok(certificate) => Some(certificate),
            Err(message) if own => return Err(refusal(message)),
            Err(message) => {
                tracing::warn!(certificate = %name, "{message} What was last read goes on");
                old.certificates().get(&name).cloned()
            }
        };
        if let Some(certificate) = certificate {
            files.set_certificate(name, certificate);
        }
    }
    Ok(())
}

/// Gives others back what they had, where nginx refuses what they would have now; false when that is not what it complains of.
pub(super) fn take_back(files: &mut Files, old: &Files, complaint: &str, id: DeploymentId) -> bool {
    let others = wanted(files, id).into_iter().filter(|(name, own)| !own && is_about(complaint, name));
    let mut some = false;
    for (name, _) in others {
        let last = old.certificates().get(&name).filter(|last| files.certificates().get(&name) != Some(last));
        if let Some(last) = last {
            tracing::warn!(certificate = %name, "nginx refuses it: {complaint}. What was last taken goes on");
            files.set_certificate(name, last.clone());
            some = true;
        }
    }
    some
}

/// The refusal of an order, when a complaint is about a certificate that it listens with.
pub(super) fn complaint_of(files: &Files, complaint: &str, id: DeploymentId) -> Option<Refusal> {
    let own = wanted(files, id).into_iter().find(|(name, own)| *own && is_about(complaint, name));
    own.map(|(name, _)| refusal(format!("nginx refuses the certificate `{name}`: {complaint}.")))
}

/// The certificates that deployments listen with, and whether this one does.
fn wanted(files: &Files, id: DeploymentId) -> BTreeMap<String, bool> {
    let mut wanted = BTreeMap::new();
    for (_, deployment) in files.deployments() {
        for name in &deployment.claims.certificates {
            *wanted.entry(name.clone()).or_default() |= deployment.note.deployment_id == id;
        }
    }
    wanted
}

fn is_about(complaint: &str, name: &str) -> bool {
    [CERTIFICATE, CERTIFICATE_KEY]
        .iter()
        .any(|file| complaint.contains(&format!("/{}\"", certificate_file(name, file))))
}

fn refusal(message: String) -> Refusal {
    Refusal::Object { file: CLAIMS.to_owned(), field: Some("certificates".to_owned()), message }
}

fn read(secrets: &Path, name: &str) -> Result<Certificate, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if name.starts_with('.') || !name.bytes().all(plain) {
        return Err(format!("`{name}` cannot be the name of a folder of a certificate."));
    }
    let folder = secrets.join(name);
    Ok(Certificate { chain: text(&folder.join(CERTIFICATE))?, key: text(&folder.join(CERTIFICATE_KEY))? })
}

fn text(path: &Path) -> Result<String, String> {
    let trouble = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("There is no file `{}`. Put the certificate there.", path.display()),
        _ => format!("The file `{}` cannot be read: {error}.", path.display()),
    };
    let mut text = String::new();
    File::open(path).map_err(trouble)?.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(trouble)?;
    let fits = u64::try_from(text.len()).is_ok_and(|length| length <= MAX_BYTES);
    if fits { Ok(text) } else { Err(format!("The file `{}` has more than {MAX_BYTES} bytes.", path.display())) }
}
