//! The request itself: its id, its time, its log line.

use std::{cell::RefCell, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use switchtower_domain::{context::Context, id::EventMarker};
use tracing::Instrument;

use crate::Api;

/// The header that carries the request id, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

thread_local! {
    static CURRENT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The id of the request that this thread is answering. A function answers one request at a time.
pub(crate) fn current_id() -> String {
    CURRENT.with_borrow(Clone::clone)
}

/// Gives every request an id and a context, and writes one line about it.
pub(crate) async fn layer(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let now: Timestamp = (api.clock)();
    let blank = Context::new(now, String::new(), api.entropy.clone());
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_fit(id));
    let id = given.map_or_else(|| blank.id::<EventMarker>().suffix(), str::to_owned);
    CURRENT.with_borrow_mut(|current| current.clone_from(&id));
    let context = blank.named(id.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(context);
    let span = tracing::info_span!("request", request_id = %id, %method, route, tenant = tracing::field::Empty);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), milliseconds, "answered"));
    response
}

/// A request id of somebody else is kept when it is short and plain.
fn is_fit(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The documentation of `Idempotency-Key`.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is documentation; the idempotency layer reads the header")]
pub(crate) struct IdempotencyHeader {
    /// Repeating the request with the same key within 24 hours answers what the first one was answered.
    #[param(rename = "Idempotency-Key", required = false, value_type = String, min_length = 1, max_length = 255, pattern = "^[ -~]+$")]
    idempotency_key: Option<String>,
}
