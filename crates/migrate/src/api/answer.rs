//! Answers: bounded, with every refusal in the control plane's own words.

use std::{error::Error, fmt, time::Duration};

use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{CONTENT_TYPE, ETAG, HeaderName, RETRY_AFTER},
};
use serde::Deserialize;
use serde_json::Value;

/// The most bytes of an answer.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The body.
    pub body: Value,
    /// The revision.
    pub etag: Option<String>,
}

/// A refusal.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// A stable word.
    pub code: String,
    /// A sentence.
    pub detail: String,
    /// Every bad field.
    pub errors: Vec<FieldProblem>,
}

/// A bad field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FieldProblem {
    /// Where.
    pub pointer: String,
    /// A sentence.
    pub detail: String,
}

/// What a request can come to beside an answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApiError {
    /// The control plane says no to this very request.
    #[error("{0}")]
    Refused(Problem),
    /// It may say yes a little later.
    #[error("{problem}")]
    Passing {
        /// What it said.
        problem: String,
        /// How long it asked to wait.
        after: Option<Duration>,
    },
    /// No request will be answered.
    #[error("{0}")]
    Fatal(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.detail)
    }
}

/// Sends a request and reads its answer.
pub(super) async fn read(request: RequestBuilder) -> Result<Answer, ApiError> {
    let passing = |error: &reqwest::Error| ApiError::Passing { problem: unreachable(error), after: None };
    let response = request.send().await.map_err(|error| passing(&error))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let bytes = body(response).await?;
    if status.is_success() {
        let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
        let body =
            body.map_err(|_| ApiError::Fatal("the control plane's answer is no JSON; check --api-url".to_owned()))?;
        return Ok(Answer { body, etag: text(ETAG) });
    }
    let own = text(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/problem+json"));
    let problem: Problem = if own { serde_json::from_slice(&bytes).unwrap_or_default() } else { Problem::default() };
    let after = text(RETRY_AFTER).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    Err(refusal(status, Problem { status: status.as_u16(), ..problem }, after))
}

async fn body(mut response: Response) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(ApiError::Passing { problem: unreachable(&error), after: None }),
        }
        if bytes.len() > MAX_BYTES {
            return Err(ApiError::Fatal(format!("the control plane answered more than {MAX_BYTES} bytes")));
        }
    }
}

fn refusal(status: StatusCode, problem: Problem, after: Option<Duration>) -> ApiError {
    let passes = matches!(problem.code.as_str(), "busy" | "idempotency_key_in_use");
    match status {
        StatusCode::UNAUTHORIZED => {
            ApiError::Fatal(format!("the control plane refuses the API key: {}", problem.detail))
        }
        StatusCode::FORBIDDEN => ApiError::Fatal(format!("the API key may not do this: {}", problem.detail)),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            ApiError::Passing { problem: format!("the control plane says {status}"), after }
        }
        _ if passes || status.is_server_error() => {
            ApiError::Passing { problem: format!("the control plane says {status}: {}", problem.detail), after }
        }
        _ if status.is_redirection() => {
            ApiError::Fatal(format!("`--api-url` redirects ({status}), which is not followed; give the address itself"))
        }
        _ if problem.code.is_empty() || problem.code == "no_such_endpoint" => {
            ApiError::Fatal(format!("there is no control plane of this version at --api-url: it says {status}"))
        }
        _ => ApiError::Refused(problem),
    }
}

/// The innermost cause says most: `connection refused`, not `error sending request`.
fn unreachable(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let place = error.url().and_then(|url| url.host_str()).unwrap_or("the control plane");
    let cause = if error.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() };
    format!("cannot reach {place}: {cause}")
}
