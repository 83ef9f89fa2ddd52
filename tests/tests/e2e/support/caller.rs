//! Callers of the deployed API.

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use super::stack;

/// Somebody who calls the API, with what they say who they are.
#[derive(Clone)]
pub(crate) struct Caller {
    http: Client,
    url: String,
    headers: Vec<(&'static str, String)>,
}

/// What the API answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What was asked, for messages.
    pub(crate) asked: String,
    /// The status.
    pub(crate) status: StatusCode,
    /// The body; null when there is none.
    pub(crate) body: Value,
}

impl Caller {
    /// Somebody who says nothing about themselves.
    pub(crate) fn anyone() -> Self {
        Self { http: Client::new(), url: stack().url.clone(), headers: Vec::new() }
    }

    /// The same caller with another header.
    pub(crate) fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut next = self.clone();
        next.headers.retain(|(known, _)| *known != name);
        next.headers.push((name, value.into()));
        next
    }

    /// The holder of an API key.
    pub(crate) fn key(secret: &str) -> Self {
        Self::anyone().with("x-api-key", secret)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// A POST without a body: an action.
    pub(crate) async fn act(&self, path: &str) -> Answer {
        self.send(Method::POST, path, None).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends a raw document.
    pub(crate) async fn upload(&self, path: &str, media_type: &str, document: String) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", media_type).body(document);
        Self::answered(format!("POST {path}"), request).await
    }

    /// Sends an OpenAPI document that gzip has made smaller.
    pub(crate) async fn upload_compressed(&self, path: &str, document: Vec<u8>) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/openapi+json");
        Self::answered(format!("POST {path}"), request.header("content-encoding", "gzip").body(document)).await
    }

    /// Every item of a list.
    pub(crate) async fn items(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let mut page = self.get(&format!("{path}{joint}limit=100{cursor}")).await.ok().body;
            items.append(page["items"].as_array_mut().unwrap());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Self::answered(format!("{method} {path}"), request).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
    }

    async fn answered(asked: String, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap_or_else(|error| panic!("{asked}: {error}"));
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { asked, status, body }
    }
}

impl Answer {
    /// The answer, which must be a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.status.is_success(), "{} answered {}: {}", self.asked, self.status, self.body);
        self
    }

    /// The answer, which must be this problem.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let told = (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default());
        assert_eq!(told, (status, code), "{} answered {}", self.asked, self.body);
        let detail = self.body["detail"].as_str().unwrap_or_default();
        assert!(detail.ends_with('.'), "the detail of {code} is no sentence: `{detail}`");
        self
    }

    /// A text of the body.
    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> String {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("{} answered without {pointer}: {}", self.asked, self.body)).to_owned()
    }

    /// The id in the body.
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.text("/id")
    }
}
