//! Reading answers: bounded, and with every refusal in the control plane's own words.

use std::error::Error;

use reqwest::{RequestBuilder, Response, StatusCode, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;

use crate::port::{ApiError, Problem};

/// The most bytes of an answer; a snapshot has one MiB at most.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Sends a request and reads its answer.
pub(super) async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ApiError> {
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status();
    let problem = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(PROBLEM));
    let bytes = body(response).await?;
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|error| ApiError::Unreadable(error.to_string()));
    }
    Err(refusal(status, if problem { parse(&bytes) } else { foreign(&bytes) }))
}

const PROBLEM: &[u8] = b"application/problem+json";

async fn body(mut response: Response) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BYTES {
            return Err(ApiError::Unreadable(format!("it has more than {MAX_BYTES} bytes")));
        }
    }
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Problem {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// An answer of something on the way, such as a proxy: it has no code, so it is never taken for the control plane's word.
fn foreign(bytes: &[u8]) -> Problem {
    let detail = serde_json::from_slice::<serde_json::Value>(bytes).ok();
    let detail = detail.and_then(|body| Some(body.get("message")?.as_str()?.to_owned())).unwrap_or_default();
    Problem { detail, ..Problem::default() }
}

fn refusal(status: StatusCode, problem: Problem) -> ApiError {
    let problem = Problem { status: status.as_u16(), ..problem };
    match status {
        StatusCode::UNAUTHORIZED => ApiError::Unauthorized(problem),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => ApiError::Unavailable(problem),
        _ if status.is_server_error() => ApiError::Unavailable(problem),
        _ if status.is_redirection() => ApiError::Unreadable(format!("it redirects ({status}), which is not followed")),
        _ => ApiError::Refused(problem),
    }
}

/// The innermost cause says most: `connection refused`, not `error sending request`.
fn unreachable(error: &reqwest::Error) -> ApiError {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let place = error.url().and_then(|url| url.host_str()).unwrap_or("the API");
    ApiError::Unreachable(format!(
        "{place}: {}",
        if error.is_timeout() { "no answer in time".into() } else { cause.to_string() }
    ))
}
