//! Requests of somebody.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::BodyExt;
use serde_json::Value;

use crate::{Answer, World};

/// Somebody who sends requests: headers that go with each of them.
#[derive(Clone)]
pub struct Client<'w> {
    world: &'w World,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl<'w> Client<'w> {
    /// Somebody without credentials.
    pub(crate) fn new(world: &'w World) -> Self {
        Self { world, headers: Vec::new() }
    }

    /// The same client with a header, in place of any other of that name.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("the header's name is valid");
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.parse().expect("the header's value is valid")));
        self
    }

    /// The same client with a bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// The same client in a tenant, named by id or slug.
    #[must_use]
    pub fn of(self, tenant: &str) -> Self {
        self.with("x-tenant", tenant)
    }

    /// Asks for something.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty(), None).await
    }

    /// Deletes something.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Body::empty(), None).await
    }

    /// Sends JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    /// Asks for an action, which has no body.
    pub async fn act(&self, path: &str) -> Answer {
        self.send(Method::POST, path, Body::empty(), None).await
    }

    /// Replaces something.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    /// Edits a part of something.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        let text = Body::from(body.to_string());
        self.send(Method::PATCH, path, text, Some("application/merge-patch+json")).await
    }

    /// Sends JSON with any method.
    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(method, path, Body::from(body.to_string()), Some("application/json")).await
    }

    /// Sends text as JSON, whatever it is.
    pub async fn raw(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        self.send(method, path, body.into(), Some("application/json")).await
    }

    /// Sends anything.
    pub async fn send(&self, method: Method, path: &str, body: Body, content_type: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(body).unwrap_or_else(|error| panic!("{method} {path} is no request: {error}"));
        let (parts, body) = self.world.answer(request).await.into_parts();
        let bytes = body.collect().await.expect("the body can be read").to_bytes();
        let body = match bytes.as_ref() {
            b"" => Value::Null,
            bytes => serde_json::from_slice(bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned())),
        };
        Answer { request: format!("{method} {path}"), status: parts.status, headers: parts.headers, body }
    }
}
