//! The control plane's API over HTTP, with an API key: bounded answers, refusals in its own words, and patience.

mod answer;
mod pace;

use std::{fmt, time::Duration};

use reqwest::{Client, Method, RequestBuilder, Url, header, redirect};
use serde_json::Value;

pub use self::{
    answer::{Answer, ApiError, FieldProblem, Problem},
    pace::Pace,
};
use crate::digest;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most pages of a list.
const MOST_PAGES: usize = 5_000;

/// The API with a key.
pub struct Api {
    client: Client,
    base: Url,
    key: header::HeaderValue,
    pace: Pace,
    /// Different for each run, so that a kept answer is never taken for one of an earlier run.
    run: String,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Api {
    /// The API at an address. It follows no redirects, so that the key goes nowhere else.
    pub fn new(base: Url, key: &str, pace: Pace) -> Result<Self, ApiError> {
        let mut key = header::HeaderValue::from_str(key)
            .map_err(|_| ApiError::Fatal("the API key has characters that no API key has".to_owned()))?;
        key.set_sensitive(true);
        let builder = Client::builder()
            .user_agent(concat!("switchtower-import/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT);
        let client = builder.build().map_err(|error| ApiError::Fatal(error.to_string()))?;
        Ok(Self { client, base, key, pace, run: digest::random() })
    }

    /// Where it is.
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// Gets something; `None` when there is no such thing.
    pub async fn get(&self, path: &str) -> Result<Option<Answer>, ApiError> {
        match self.send(|| self.request(Method::GET, path)).await {
            Ok(answer) => Ok(Some(answer)),
            Err(ApiError::Refused(problem)) if problem.status == 404 && problem.code == "not_found" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gets all of a list.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>, ApiError> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut url = self.url(path)?;
            url.query_pairs_mut().append_pair("limit", "100");
            if let Some(cursor) = &cursor {
                url.query_pairs_mut().append_pair("cursor", cursor);
            }
            let mut page = self.send(|| Ok(self.with_key(Method::GET, url.clone()))).await?.body;
            match page.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => all.extend(items),
                _ => return Err(ApiError::Fatal(format!("`{path}` did not answer with a list"))),
            }
            cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() {
                return Ok(all);
            }
        }
        Err(ApiError::Fatal(format!("`{path}` has more than {MOST_PAGES} pages")))
    }

    /// Makes something. `purpose` is the same for the same making in one run, however often it is tried.
    pub async fn create(&self, path: &str, body: &Value, purpose: &str) -> Result<Answer, ApiError> {
        self.send(|| Ok(self.post(path, purpose)?.json(body))).await
    }

    /// Asks for an action.
    pub async fn act(&self, path: &str, body: Option<&Value>, purpose: &str) -> Result<Answer, ApiError> {
        self.send(|| {
            let request = self.post(path, purpose)?;
            Ok(match body {
                Some(body) => request.json(body),
                None => request,
            })
        })
        .await
    }

    /// Replaces something that must be as `etag` says.
    pub async fn replace(&self, path: &str, body: &Value, etag: Option<&str>) -> Result<Answer, ApiError> {
        self.send(|| {
            let request = self.request(Method::PUT, path)?.json(body);
            Ok(match etag {
                Some(etag) => request.header(header::IF_MATCH, etag),
                None => request,
            })
        })
        .await
    }

    fn post(&self, path: &str, purpose: &str) -> Result<RequestBuilder, ApiError> {
        let key = digest::hex(&format!("{}\n{path}\n{purpose}", self.run));
        Ok(self.request(Method::POST, path)?.header("Idempotency-Key", key))
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ApiError> {
        Ok(self.with_key(method, self.url(path)?))
    }

    fn url(&self, path: &str) -> Result<Url, ApiError> {
        let url = format!("{}/{path}", self.base.as_str().trim_end_matches('/'));
        url.parse().map_err(|error| ApiError::Fatal(format!("`{url}` is no address: {error}")))
    }

    fn with_key(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url).header("X-API-Key", self.key.clone())
    }

    /// Sends a request until there is an answer that waiting would not change.
    async fn send(&self, request: impl Fn() -> Result<RequestBuilder, ApiError>) -> Result<Answer, ApiError> {
        let mut tries = 0;
        loop {
            let (problem, after) = match answer::read(request()?).await {
                Err(ApiError::Passing { problem, after }) => (problem, after),
                answered => return answered,
            };
            tries += 1;
            let Some(wait) = self.pace.wait(tries, after) else {
                return Err(ApiError::Fatal(format!("{problem} (tried {tries} times)")));
            };
            tokio::time::sleep(wait).await;
        }
    }
}
