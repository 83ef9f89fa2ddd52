//! A backend that answers what it was asked, and does what paths tell it to.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Json, Response},
};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// What a backend was asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Echo {
    /// The backend's name.
    pub(crate) by: String,
    pub(crate) method: String,
    /// Path and query, as they came.
    pub(crate) uri: String,
    /// By lower-case name; several values with `|` between.
    pub(crate) headers: BTreeMap<String, String>,
}

#[derive(Clone)]
struct Shared {
    name: String,
    hits: Arc<AtomicUsize>,
}

/// A backend.
pub(crate) struct Upstream {
    pub(crate) port: u16,
    hits: Arc<AtomicUsize>,
}

impl Upstream {
    pub(crate) fn start(name: &str) -> Self {
        Self::start_at(name, "127.0.0.1:0")
    }

    /// At an address and a port of this host.
    pub(crate) fn start_at(name: &str, address: &str) -> Self {
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let (port, hits) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let shared = Shared { name: name.to_owned(), hits: hits.clone() };
        let router = Router::new().fallback(answer).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, hits }
    }

    /// How many requests it got.
    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

/// `/status/503` answers that, `/slow/200` waits so many milliseconds, all else is echoed.
async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    shared.hits.fetch_add(1, Ordering::SeqCst);
    let path = request.uri().path().to_owned();
    let number = |prefix: &str| path.rsplit_once(prefix).and_then(|(_, rest)| rest.parse::<u64>().ok());
    if let Some(time) = number("/slow/") {
        tokio::time::sleep(Duration::from_millis(time)).await;
    }
    let status = number("/status/").map_or(200, |status| u16::try_from(status).unwrap());
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let entry = headers.entry(name.to_string()).or_default();
        *entry = if entry.is_empty() { value } else { format!("{entry}|{value}") };
    }
    let echo = Echo { by: shared.name, method: request.method().to_string(), uri: request.uri().to_string(), headers };
    let own = [(HeaderName::from_static("x-powered-by"), "test"), (HeaderName::from_static("x-version"), "backend")];
    (StatusCode::from_u16(status).unwrap(), own, Json(echo)).into_response()
}
