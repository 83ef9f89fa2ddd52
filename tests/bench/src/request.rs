//! Requests, as API Gateway hands them to a function.

use serde_json::{Map, Value, json};

use crate::Fallible;

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    headers: Map<String, Value>,
    body: Option<String>,
}

impl Request {
    /// A request without a body.
    pub(crate) fn new(method: &'static str, path: impl Into<String>) -> Self {
        let mut headers = Map::new();
        headers.insert("accept".into(), "application/json".into());
        headers.insert("host".into(), "api.example.com".into());
        headers.insert("user-agent".into(), "curl/8.14.1".into());
        headers.insert("x-amzn-trace-id".into(), "Root=1-68c1b5a4-0f3e2d1c4b5a69788796a5b4".into());
        headers.insert("x-forwarded-for".into(), "203.0.113.7".into());
        Self { method, path: path.into(), headers, body: None }
    }

    /// With a JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.text("application/json", body.to_string())
    }

    /// With a body.
    pub(crate) fn text(mut self, kind: &str, body: String) -> Self {
        self.headers.insert("content-length".into(), body.len().to_string().into());
        self.headers.insert("content-type".into(), kind.into());
        Self { body: Some(body), ..self }
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The event.
    pub(crate) fn event(&self) -> Value {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: Map<_, _> = pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": self.headers, "queryStringParameters": pairs,
            "requestContext": {
                "accountId": "123456789012", "apiId": "a1b2c3d4e5", "domainName": "api.example.com",
                "domainPrefix": "api", "requestId": "QbZxWj1pIAMEJ5w=", "routeKey": "$default", "stage": "$default",
                "time": "10/Sep/2026:12:00:00 +0000", "timeEpoch": 1_789_041_600_000_u64,
                "http": {
                    "method": self.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7",
                    "userAgent": "curl/8.14.1",
                },
            },
            "body": self.body, "isBase64Encoded": false,
        })
    }
}

/// The body of an answer that must be a success.
pub(crate) fn body(answer: &Value) -> Fallible<Value> {
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    match answer.get("statusCode").and_then(Value::as_u64) {
        Some(200..=299) => Ok(serde_json::from_str(body).unwrap_or_default()),
        status => Err(format!("answered {}: {body}", status.unwrap_or_default()).into()),
    }
}
