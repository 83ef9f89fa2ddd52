//! The real agent, as a process.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::{World, gateway::end_nginx, stack, until};

/// An agent with a folder of its own. It is killed when it is dropped; its log is shown when the test fails.
pub(crate) struct AgentProcess {
    folder: TempDir,
    api_url: String,
    process: Option<Child>,
    port: u16,
    driver: &'static str,
}

impl AgentProcess {
    /// Registers an agent in a cluster and starts it.
    pub(crate) async fn start(world: &World, cluster: &Value) -> Self {
        Self::start_at(world, cluster, &stack().url).await
    }

    /// Registers an agent in a cluster and starts it; it takes this address for the API's.
    pub(crate) async fn start_at(world: &World, cluster: &Value, api_url: &str) -> Self {
        Self::start_with(world, cluster, api_url, "directory").await
    }

    /// Registers an agent that runs an nginx, and starts it.
    pub(crate) async fn start_nginx(world: &World, cluster: &Value) -> Self {
        Self::start_with(world, cluster, &stack().url, "nginx").await
    }

    async fn start_with(world: &World, cluster: &Value, api_url: &str, driver: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut agent = Self { folder, api_url: api_url.to_owned(), process: None, port: free_port(), driver };
        agent.register(&world.token(cluster).await).await;
        agent.resume();
        agent
    }

    /// Spends a token, in place of any that was spent before.
    async fn register(&self, token: &str) {
        let mut command = self.command("register");
        command
            .args(["--api-url", &self.api_url, "--name", "e2e", "--force", "--driver", self.driver])
            .env("SWITCHTOWER_TOKEN", token);
        // Not on this thread, which may serve the gate that the agent talks to.
        let answer = spawn_blocking(move || command.output()).await.expect("a thread").expect("the agent runs");
        let told = String::from_utf8_lossy(&answer.stderr);
        assert!(answer.status.success(), "the agent could not register: {told}");
    }

    /// Starts the process; it goes on from its state.
    pub(crate) fn resume(&mut self) {
        let mut command = self.command("run");
        let log = File::options().create(true).append(true).open(self.log()).expect("a log");
        command.args(["--driver", self.driver, "--directory"]).arg(self.manifests());
        if self.driver == "nginx" {
            let nginx = std::env::var_os("SWITCHTOWER_NGINX").expect("`scripts/test e2e` installs nginx and names it");
            command.arg("--nginx-bin").arg(nginx).arg("--nginx-dir").arg(self.nginx()).arg("--nginx-manage");
        }
        command.args(["--listen", &format!("127.0.0.1:{}", self.port)]);
        command.stdout(log.try_clone().expect("a log")).stderr(log);
        self.process = Some(command.spawn().expect("the agent runs"));
    }

    /// Ends the process as a crash would, with SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the agent ran");
            process.wait().expect("the agent ran");
        }
    }

    /// Asks the process to end, with SIGTERM, and waits until it has; whether it called that a success.
    pub(crate) async fn stop(&mut self) -> bool {
        let process = self.process.as_mut().expect("the agent runs");
        Command::new("kill").arg(process.id().to_string()).status().expect("kill runs");
        let ended = until("the agent ends after SIGTERM", 30, async || {
            process.try_wait().map_err(|error| error.to_string())?.ok_or_else(|| "it runs".to_owned())
        });
        let status = ended.await;
        self.process = None;
        status.success()
    }

    /// What the agent answers on its own port.
    pub(crate) async fn asked(&self, path: &str) -> Result<(u16, String), String> {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let response = reqwest::get(url).await.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        Ok((status, response.text().await.map_err(|error| error.to_string())?))
    }

    /// All manifests, one after the other.
    pub(crate) fn manifests_text(&self) -> String {
        let mut files = Vec::new();
        collect(&self.manifests(), &mut files);
        files.sort();
        files.iter().map(|path| fs::read_to_string(path).unwrap_or_default()).collect()
    }

    /// Waits until the manifests contain a text, or do not.
    pub(crate) async fn manifests_when(&self, text: &str, there: bool, seconds: u64) {
        let what = format!("`{text}` is {}in the manifests", if there { "" } else { "not " });
        until(&what, seconds, async || {
            let manifests = self.manifests_text();
            if manifests.contains(text) == there { Ok(()) } else { Err(manifests) }
        })
        .await;
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&stack().agent);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.arg(verb).arg("--state-dir").arg(self.folder.path().join("state")).stdin(Stdio::null());
        command
    }

    fn manifests(&self) -> PathBuf {
        self.folder.path().join("manifests")
    }

    fn nginx(&self) -> PathBuf {
        self.folder.path().join("nginx")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for AgentProcess {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        end_nginx(&self.nginx());
        if std::thread::panicking() {
            println!("--- the agent's log\n{}", fs::read_to_string(self.log()).unwrap_or_default());
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    probe.local_addr().expect("an address").port()
}
