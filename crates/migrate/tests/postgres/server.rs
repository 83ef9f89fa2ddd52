//! A PostgreSQL server of the test's own, with passwords and TLS.

use std::{
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// The password of its superuser.
const PASSWORD: &str = "super-secret";
/// Whom it runs as when the test is run by root, which PostgreSQL refuses to be.
const NOBODY: u32 = 65_534;

pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    process: Child,
}

/// Where PostgreSQL's programs are.
fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("SWITCHTOWER_POSTGRES_BIN") {
        return folder.into();
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.pop().expect("PostgreSQL is not installed; run `scripts/test postgres`, which installs it")
}

/// A program of PostgreSQL, run by somebody who is not root.
fn program(folder: &Path, name: &str) -> Command {
    let path = programs().join(name);
    let owner = std::fs::metadata(folder).unwrap().uid();
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &owner.to_string(), "--regid", &owner.to_string(), "--clear-groups"]).arg(path);
    command
}

impl Server {
    /// Starts a server with an empty database.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o755)).tempdir().unwrap();
        if std::fs::metadata(folder.path()).unwrap().uid() == 0 {
            std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let (data, password) = (folder.path().join("data"), folder.path().join("password"));
        std::fs::write(&password, PASSWORD).unwrap();
        let made = program(folder.path(), "initdb")
            .args([
                "--auth",
                "scram-sha-256",
                "--username",
                "postgres",
                "--no-sync",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
            ])
            .arg(format!("--pwfile={}", password.display()))
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        certify(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let certificate = |name: &str| folder.path().join(name).display().to_string();
        let process = program(folder.path(), "postgres")
            .arg("-D")
            .arg(&data)
            .args([
                "-p",
                &port.to_string(),
                "-k",
                "",
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
                "-c",
                "ssl=on",
            ])
            .args(["-c", &format!("ssl_cert_file={}", certificate("server.pem"))])
            .args(["-c", &format!("ssl_key_file={}", certificate("server.key"))])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { folder, port, process };
        for _ in 0..200 {
            if tokio_postgres::connect(&server.url("postgres", PASSWORD, "disable"), NoTls).await.is_ok() {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL did not start");
    }

    /// The URL of its database for somebody.
    pub(crate) fn url(&self, user: &str, password: &str, sslmode: &str) -> String {
        format!("postgres://{user}:{password}@localhost:{}/postgres?sslmode={sslmode}&hostaddr=127.0.0.1", self.port)
    }

    /// The certificate authority that its own certificate is of.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("server.pem")
    }

    /// Its superuser.
    pub(crate) async fn client(&self) -> Client {
        let (client, connection) =
            tokio_postgres::connect(&self.url("postgres", PASSWORD, "disable"), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

/// A certificate for `localhost`, which vouches for itself.
fn certify(folder: &Path) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let owner = std::fs::metadata(folder).unwrap();
    for (name, text, mode) in
        [("server.pem", certified.cert.pem(), 0o644), ("server.key", certified.signing_key.serialize_pem(), 0o600)]
    {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        std::os::unix::fs::chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended at once: nothing of it is kept.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
