//! A gate between an agent and the API, which can hold reports, be away, and hand out a deaf queue.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{agent::free_port, stack, until};

/// What the gate does, and what came through.
#[derive(Default)]
struct Rules {
    holds_reports: AtomicBool,
    held: AtomicU32,
    deaf_queue: Option<String>,
}

/// A gate with an address of its own.
pub(crate) struct Gate {
    /// What an agent takes for the API's address.
    pub(crate) url: String,
    port: u16,
    rules: Arc<Rules>,
    server: Option<JoinHandle<()>>,
}

impl Gate {
    /// A gate that lets everything through.
    pub(crate) async fn open() -> Self {
        Self::with(Rules::default()).await
    }

    /// A gate whose agents get a queue that never has a message for them.
    pub(crate) async fn with_deaf_queue() -> Self {
        let port = free_port();
        tokio::spawn(serve(port, Router::new().fallback(no_messages)));
        let url = format!("http://127.0.0.1:{port}");
        Self::with(Rules { deaf_queue: Some(url), ..Rules::default() }).await
    }

    async fn with(rules: Rules) -> Self {
        let port = free_port();
        let mut gate = Self { url: format!("http://127.0.0.1:{port}"), port, rules: Arc::new(rules), server: None };
        gate.come_back().await;
        gate
    }

    /// Nobody answers any more.
    pub(crate) fn go_away(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
        }
    }

    /// Answers again, at the same address.
    pub(crate) async fn come_back(&mut self) {
        let router = Router::new().fallback(forward).with_state(self.rules.clone());
        self.server = Some(tokio::spawn(serve(self.port, router)));
        let url = self.url.clone();
        until("the gate answers", 10, async || reqwest::get(&url).await.map_err(|error| error.to_string())).await;
    }

    /// Lets no report through that ends a generation.
    pub(crate) fn hold_reports(&self) {
        self.rules.holds_reports.store(true, Ordering::SeqCst);
    }

    /// Lets reports through again; those that were held are lost.
    pub(crate) fn release_reports(&self) {
        self.rules.holds_reports.store(false, Ordering::SeqCst);
    }

    /// Waits until a report is held.
    pub(crate) async fn report_held(&self) {
        until("a report is held", 30, async || match self.rules.held.load(Ordering::SeqCst) {
            0 => Err("none".to_owned()),
            _ => Ok(()),
        })
        .await;
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.go_away();
    }
}

async fn serve(port: u16, router: Router) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    axum::serve(listener, router).await.expect("the gate serves");
}

async fn no_messages() -> Response {
    // As slow as a long poll that finds nothing, though not by its 20 s.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    ([("content-type", "application/x-amz-json-1.0")], "{}").into_response()
}

async fn forward(State(rules): State<Arc<Rules>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 8 << 20).await.expect("a body");
    if rules.holds_reports.load(Ordering::SeqCst) && parts.uri.path().ends_with("/reports") && ends(&body) {
        rules.held.fetch_add(1, Ordering::SeqCst);
        // Never answered: who waits for it is about to be killed.
        std::future::pending::<()>().await;
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    headers.remove("host");
    let sent = reqwest::Client::new()
        .request(parts.method, format!("{}{path}", stack().url))
        .headers(headers)
        .body(body)
        .send()
        .await;
    let Ok(answer) = sent else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove("transfer-encoding");
    headers.remove("content-length");
    let mut body = answer.bytes().await.unwrap_or_default();
    if let (Some(queue), true) = (&rules.deaf_queue, path.ends_with("/queue-credentials")) {
        body = redirected(&body, queue);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Whether a report is about the end of a generation.
fn ends(report: &Bytes) -> bool {
    serde_json::from_slice::<Value>(report).is_ok_and(|report| report["outcome"] != "applying")
}

fn redirected(credentials: &Bytes, queue: &str) -> Bytes {
    let Ok(mut credentials) = serde_json::from_slice::<Value>(credentials) else { return credentials.clone() };
    credentials["endpoint_url"] = queue.into();
    credentials["queue_url"] = format!("{queue}/000000000000/deaf").into();
    credentials.to_string().into()
}
