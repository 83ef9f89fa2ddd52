//! A real nginx that a real agent runs, and a backend behind it.

use std::{fs, path::Path, process::Command};

use axum::{Router, extract::Request};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::agent::free_port;

/// Where an agent's nginx answers.
pub(crate) struct Gateway {
    /// The port of its listener.
    pub(crate) port: u16,
    http: Client,
}

impl Gateway {
    /// A gateway on a port that nobody listens on yet.
    pub(crate) fn new() -> Self {
        Self { port: free_port(), http: Client::builder().pool_max_idle_per_host(0).build().expect("a client") }
    }

    /// Asks for a path: the status, and what the backend says that it was asked for.
    pub(crate) async fn asked(&self, method: &str, path: &str) -> Result<(u16, Value), String> {
        let method = method.parse().map_err(|error| format!("{error}"))?;
        let request = self.http.request(method, format!("http://127.0.0.1:{}{path}", self.port));
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        Ok((status, serde_json::from_str(&text).unwrap_or_default()))
    }
}

/// A backend that answers with what it was asked for.
pub(crate) struct Backend {
    /// Its port.
    pub(crate) port: u16,
    server: JoinHandle<()>,
}

impl Backend {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let echo = Router::new().fallback(async |request: Request| {
            axum::Json(json!({ "method": request.method().as_str(), "path": request.uri().path() }))
        });
        let server = tokio::spawn(async move { axum::serve(listener, echo).await.expect("it serves") });
        Self { port, server }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Ends the nginx whose files are in a folder: it goes on without its agent.
pub(crate) fn end_nginx(folder: &Path) {
    for entry in walk(folder) {
        if entry.extension().is_some_and(|extension| extension == "pid") {
            let pid = fs::read_to_string(entry).unwrap_or_default();
            // It may be gone by itself.
            let _ = Command::new("kill").arg(pid.trim()).status();
        }
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
