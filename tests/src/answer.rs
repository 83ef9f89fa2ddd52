//! What a request was answered, and what an answer must look like.

use std::ops::Index;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The method and path of the request, for messages.
    pub request: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; `null` when there was none.
    pub body: Value,
}

impl Answer {
    /// The answer, which must have this status.
    #[track_caller]
    pub fn ok(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{} answered {:#}", self.request, self.body);
        self
    }

    /// The answer, which must be this problem, told as every problem is.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        let about = format!("{} answered {:#}", self.request, self.body);
        assert_eq!(self.body["code"], code, "{about}");
        assert_eq!(self.status.as_u16(), status, "{about}");
        assert_eq!(self.body["status"], status, "{about}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{about}");
        assert_eq!(self.body["request_id"].as_str(), self.header("x-request-id"), "{about}");
        assert_sentence(&self.body["detail"], &about);
        for error in self.body["errors"].as_array().into_iter().flatten() {
            assert!(error["code"].is_string() && error["pointer"].is_string(), "{about}");
            assert_sentence(&error["detail"], &about);
        }
        self
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The id of the resource in the body.
    #[track_caller]
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("{} answered no id", self.request)).to_owned()
    }

    /// The ETag.
    #[track_caller]
    pub fn etag(&self) -> &str {
        self.header("etag").unwrap_or_else(|| panic!("{} answered no ETag", self.request))
    }

    /// The items of a list.
    #[track_caller]
    pub fn items(&self) -> &Vec<Value> {
        self.body["items"].as_array().unwrap_or_else(|| panic!("{} answered no list: {:#}", self.request, self.body))
    }

    /// The bad fields of a problem with their codes, as `pointer code`, sorted.
    pub fn bad_fields(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut fields: Vec<_> =
            errors.iter().map(|error| format!("{} {}", text(&error["pointer"]), text(&error["code"]))).collect();
        fields.sort();
        fields
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.body[field]
    }
}

/// People read it: it begins as a sentence does, ends with a full stop, and names nothing of the code's own.
#[track_caller]
fn assert_sentence(detail: &Value, about: &str) {
    let detail = detail.as_str().unwrap_or_default();
    let begins = detail.starts_with(|first: char| first.is_uppercase() || first == '`' || first.is_ascii_digit());
    assert!(begins && detail.ends_with(['.', '`', '?']) && detail.contains(' '), "`{detail}` is no sentence: {about}");
    for leak in ["::", "Some(", "Error(", "struct ", "expected value at"] {
        assert!(!detail.contains(leak), "`{detail}` tells of the code: {about}");
    }
}
