//! Where a manifest lies.

use std::path::{Path, PathBuf};

use switchtower_domain::deployment::DeploymentId;

use crate::port::ObjectKey;

/// The folder of objects that have no namespace; no namespace has an underscore.
const CLUSTER_WIDE: &str = "_cluster";

/// The file of an object; `None` when its names are not fit for files.
pub(super) fn file_of(folder: &Path, deployment: DeploymentId, key: &ObjectKey) -> Option<PathBuf> {
    let namespace = key.namespace.as_deref().unwrap_or(CLUSTER_WIDE);
    let fit = [namespace, &key.kind, &key.name].into_iter().all(is_fit);
    let file = format!("{}-{}.yaml", key.kind.to_ascii_lowercase(), key.name);
    // 255 bytes is the most that common file systems take, `.new` of an unfinished file included.
    (fit && file.len() <= 251).then(|| folder.join(namespace).join(deployment.suffix()).join(file))
}

/// Nothing that a file system or a reader of paths could take for more than a name.
fn is_fit(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(plain)
}
