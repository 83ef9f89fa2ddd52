//! `Idempotency-Key` on POST: the same request runs once, and its answer is kept for 24 hours.
//!
//! It runs after the caller was checked: a revoked key replays nothing. A key belongs to a tenant, a caller and a path, and
//! stands for one query, body and `If-Match`. What changes nothing (any 4xx or 5xx) is not kept, so that a corrected request
//! may use the same key. Secrets are shown once: a kept answer has `null` in their place.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use switchtower_control::{Error, call};
use switchtower_domain::{context::Context, tenant::SYSTEM_TENANT};
use switchtower_store::{
    StoreError,
    idempotency::{Answer, Claim},
};

use super::{body, code};
use crate::{Api, Authenticated, Problem};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The fields of answers that hold secrets.
const SECRETS: [&str; 5] = ["secret", "token", "ticket", "secret_access_key", "session_token"];

/// Runs a POST with an idempotency key once.
pub(crate) async fn layer(State(api): State<Api>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get(&IDEMPOTENCY_KEY).filter(|_| request.method() == Method::POST) else {
        return next.run(request).await;
    };
    let fit = key.to_str().ok().filter(|key| is_fit(key)).map(str::to_owned);
    match fit {
        Some(key) => once(&api, &key, request, next).await.unwrap_or_else(IntoResponse::into_response),
        None => {
            let detail = "`Idempotency-Key` has 1 to 255 printable ASCII characters; a UUID is a good one.";
            Problem::new(code::invalid_idempotency_key, detail).into_response()
        }
    }
}

fn is_fit(key: &str) -> bool {
    (1..=255).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

async fn once(api: &Api, key: &str, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read(body).await?;
    let now = parts.extensions.get::<Context>().map_or_else(|| (api.clock)(), |context| context.now);
    let (tenant, caller) = match parts.extensions.get::<Authenticated>() {
        Some(known) => (known.caller.tenant_id(), known.caller.actor().to_string()),
        None => (SYSTEM_TENANT, "anyone".to_owned()),
    };
    let digest = call::sha256(&[&tenant.to_string(), &caller, parts.uri.path(), key].join("\n"));
    // A header that is empty is another than one that is missing.
    let header = |name| parts.headers.get(name).map_or_else(Vec::new, |value| [b"=", value.as_bytes()].concat());
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let request = [&header(header::CONTENT_TYPE), &header(header::IF_MATCH), query, &bytes];
    let request_sha256 = call::sha256_of(&request.join(&b'\n'));
    let store = &api.control.store;
    match store.idempotency_claim(tenant, &digest, &request_sha256, now).await.map_err(problem)? {
        Claim::Ours => {}
        Claim::Answered(answer) => return Ok(replay(answer)),
        Claim::Running => {
            let detail = "The first request with this key has not been answered yet. Try again in a moment.";
            return Err(Problem::new(code::idempotency_key_in_use, detail));
        }
        Claim::Mismatch => {
            let detail = "This key was used for a request with another body. Use a new key for a new request.";
            return Err(Problem::new(code::idempotency_key_reused, detail));
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    if !response.status().is_success() {
        store.idempotency_release(&digest).await.map_err(problem)?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let answer = keep(parts.status, &parts.headers, &bytes);
    if let Err(error) = store.idempotency_answer(tenant, &digest, &request_sha256, answer, now).await {
        // The change is made; failing now would invite a second one.
        tracing::error!(%error, "the answer could not be kept");
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

async fn read(body: Body) -> Result<axum::body::Bytes, Problem> {
    let bytes = http_body_util::Limited::new(body, 8 * body::MAX_BYTES).collect().await;
    bytes
        .map(http_body_util::Collected::to_bytes)
        .map_err(|_| Problem::new(code::too_large, "The body is larger than this endpoint takes. Send less at once."))
}

fn keep(status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> Answer {
    let kept = [header::LOCATION, header::ETAG, header::CONTENT_TYPE];
    let headers = kept.iter().filter_map(|name| Some((name.to_string(), headers.get(name)?.to_str().ok()?.to_owned())));
    let body = match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            redact(&mut value);
            value.to_string()
        }
        Err(_) => String::new(),
    };
    Answer { status: status.as_u16(), headers: headers.collect(), body }
}

fn redact(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        for secret in SECRETS {
            if let Some(field) = object.get_mut(secret) {
                *field = Value::Null;
            }
        }
    }
}

fn replay(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn problem(error: StoreError) -> Problem {
    Error::from(error).into()
}
