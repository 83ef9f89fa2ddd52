//! Clients' keys, from folders as Kubernetes mounts Secrets: `<secrets>/<credentials>/<client id>` contains the key.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use switchtower_domain::deployment::DeploymentId;
use switchtower_render::nginx::host;

use super::{
    Refusal,
    files::{CLAIMS, Files},
};

/// The most bytes of a key.
const MAX_KEY: u64 = 256;
/// The most clients of one folder.
const MAX_CLIENTS: usize = 10_000;

/// Adds the files of all keys that deployments ask for. What is wrong with another deployment's folder keeps its clients out,
/// and nobody else.
pub(super) fn add(files: &mut Files, secrets: &Path, id: DeploymentId) -> Result<(), Refusal> {
    let mut wanted: BTreeMap<String, bool> = BTreeMap::new();
    for (_, deployment) in files.deployments() {
        for credentials in &deployment.claims.credentials {
            *wanted.entry(credentials.clone()).or_default() |= deployment.note.deployment_id == id;
        }
    }
    for (credentials, own) in wanted {
        let text = match read(secrets, &credentials) {
            Ok(clients) => host::keys(clients.iter().map(|(client, key)| (client.as_str(), key.as_str()))),
            Err(message) if own => {
                return Err(Refusal::Object {
                    file: CLAIMS.to_owned(),
                    field: Some("credentials".to_owned()),
                    message,
                });
            }
            Err(message) => {
                tracing::warn!(%credentials, "{message}");
                String::new()
            }
        };
        files.add_keys(host::keys_file(&credentials), text);
    }
    Ok(())
}

/// The clients of a folder, with their keys.
fn read(secrets: &Path, credentials: &str) -> Result<BTreeMap<String, String>, String> {
    let folder = secrets.join(credentials);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if credentials.starts_with('.') || !credentials.bytes().all(plain) {
        return Err(format!("`{credentials}` cannot be the name of a folder of credentials."));
    }
    let trouble = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("There is no folder `{}` with clients' keys. Make it.", folder.display()),
        _ => format!("The folder `{}` cannot be read: {error}.", folder.display()),
    };
    let (mut clients, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for entry in fs::read_dir(&folder).map_err(trouble)? {
        let entry = entry.map_err(trouble)?;
        let Ok(client) = entry.file_name().into_string() else { continue };
        // Kubernetes keeps its own links beside the files; their names begin with dots.
        if client.starts_with('.') || !fs::metadata(entry.path()).map_err(trouble)?.is_file() {
            continue;
        }
        let size = fs::metadata(entry.path()).map_err(trouble)?.len();
        let key = if size > MAX_KEY { String::new() } else { fs::read_to_string(entry.path()).map_err(trouble)? };
        let key = key.trim();
        let visible = |byte: u8| byte.is_ascii_graphic();
        if key.is_empty() || !key.bytes().all(visible) || !client.bytes().all(visible) {
            return Err(format!(
                "The key of client `{client}` in `{}` is not 1 to {MAX_KEY} visible ASCII letters.",
                folder.display()
            ));
        }
        if !seen.insert(key.to_ascii_lowercase()) {
            return Err(format!("The key of client `{client}` in `{}` is another client's too.", folder.display()));
        }
        clients.insert(client, key.to_owned());
    }
    if clients.len() > MAX_CLIENTS {
        return Err(format!("The folder `{}` has more than {MAX_CLIENTS} clients.", folder.display()));
    }
    Ok(clients)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::read;

    #[test]
    fn keys_are_read_as_kubernetes_mounts_them() {
        let secrets = tempfile::tempdir().unwrap();
        let folder = secrets.path().join("shop");
        fs::create_dir_all(folder.join("..data")).unwrap();
        fs::write(folder.join("client-1"), "KEY-1\n").unwrap();
        fs::write(folder.join("client-2"), "KEY-2").unwrap();
        let clients = read(secrets.path(), "shop").unwrap();
        assert_eq!(
            clients.into_iter().collect::<Vec<_>>(),
            [("client-1".to_owned(), "KEY-1".to_owned()), ("client-2".to_owned(), "KEY-2".to_owned())]
        );
    }

    #[test]
    fn keys_that_nginx_could_confuse_are_refused_without_being_told() {
        let secrets = tempfile::tempdir().unwrap();
        let folder = secrets.path().join("shop");
        fs::create_dir_all(&folder).unwrap();
        for (first, second) in [("same", "SAME"), ("one", "two words"), ("one", "")] {
            fs::write(folder.join("a"), first).unwrap();
            fs::write(folder.join("b"), second).unwrap();
            let message = read(secrets.path(), "shop").unwrap_err();
            assert!(message.contains("client `") && !message.contains("two words"), "{message}");
        }
        assert!(read(secrets.path(), "nowhere").unwrap_err().contains("nowhere"));
        assert!(read(secrets.path(), "../shop").is_err());
    }
}
