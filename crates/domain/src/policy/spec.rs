//! What a policy does, by type.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    field::FieldErrors,
    hostname::is_dns_name,
    traffic::{CircuitBreaker, Retry},
};

/// The types of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyType {
    /// How many requests are let through.
    RateLimit,
    /// Which web pages may read the answers.
    Cors,
    /// What is tried again.
    Retry,
    /// How much may be under way at once.
    CircuitBreaker,
    /// How long things may take.
    Timeout,
    /// Which headers are set, added and removed.
    HeaderModifier,
    /// Which host and path the backend sees.
    UrlRewrite,
}

/// What a policy does: one key, which is the type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicySpec {
    /// How many requests are let through.
    RateLimit(RateLimit),
    /// Which web pages may read the answers.
    Cors(Cors),
    /// What is tried again; goes before what backends say.
    Retry(Retry),
    /// How much may be under way at once; goes before what backends say.
    CircuitBreaker(CircuitBreaker),
    /// How long things may take; goes before what backends say, and after what a route says itself.
    Timeout(TimeoutPolicy),
    /// Which headers are set, added and removed.
    HeaderModifier(HeaderModifier),
    /// Which host and path the backend sees.
    UrlRewrite(UrlRewrite),
}

/// The time that a number of requests is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RateUnit {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
}

/// How many requests each gateway instance lets through to each route; more are answered 429. With Envoy Gateway a limit
/// counts for each method and each host name of a route by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How many requests.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub requests: u32,
    /// In what time.
    pub unit: RateUnit,
    /// How many may come at once; as many as `requests` when left out. Not every gateway class can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub burst: Option<u32>,
}

/// Which web pages may read the answers (CORS of the Fetch standard).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// The origins: `*`, `https://app.example.com`, or `https://*.example.com`.
    #[schema(min_items = 1, max_items = 64)]
    pub allow_origins: Vec<String>,
    /// The methods; `GET`, `HEAD` and `POST` when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 9, required = false)]
    pub allow_methods: Vec<String>,
    /// The request headers that a page may send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 64, required = false)]
    pub allow_headers: Vec<String>,
    /// The response headers that a page may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 64, required = false)]
    pub expose_headers: Vec<String>,
    /// Whether cookies and the like may be sent along; not with the origin `*`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub allow_credentials: bool,
    /// How long a browser may remember it, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86_400)]
    pub max_age_seconds: Option<u32>,
}

/// How long things may take.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeoutPolicy {
    /// For the whole request, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub request_ms: Option<u32>,
    /// For one try at a backend, in milliseconds; at most `request_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub backend_request_ms: Option<u32>,
    /// For a backend to accept a connection, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub connect_ms: Option<u32>,
}

/// A header with its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderValue {
    /// Its name.
    #[schema(min_length = 1, max_length = 256, pattern = r"^[A-Za-z0-9!#$%&'*+.^_|~-]+$")]
    pub name: String,
    /// Its value: visible ASCII letters, and blanks between them.
    #[schema(min_length = 1, max_length = 4096, pattern = r"^[!-~]([ -~]*[!-~])?$")]
    pub value: String,
}

/// What happens to the headers of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderChanges {
    /// Headers that get this value, whatever they had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub set: Vec<HeaderValue>,
    /// Headers that get this value beside what they have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub add: Vec<HeaderValue>,
    /// Headers that are taken away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub remove: Vec<String>,
}

/// Which headers are set, added and removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderModifier {
    /// In requests, before a backend gets them.
    #[serde(default, skip_serializing_if = "HeaderChanges::is_empty")]
    #[schema(required = false)]
    pub request: HeaderChanges,
    /// In responses, before a client gets them.
    #[serde(default, skip_serializing_if = "HeaderChanges::is_empty")]
    #[schema(required = false)]
    pub response: HeaderChanges,
}

/// How a path is rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathRewriteType {
    /// The part that a prefix matched becomes `value`; only on routes of type `prefix`.
    ReplacePrefix,
    /// The whole path becomes `value`.
    ReplaceFull,
}

/// The path that the backend sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PathRewrite {
    /// How it is made.
    #[serde(rename = "type")]
    pub kind: PathRewriteType,
    /// What takes the place.
    #[schema(min_length = 1, max_length = 1024, pattern = r"^/[^\s?#]*$")]
    pub value: String,
}

/// The host and path that the backend sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UrlRewrite {
    /// The host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 253)]
    pub hostname: Option<String>,
    /// The path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathRewrite>,
}

impl HeaderChanges {
    /// Whether nothing happens.
    pub const fn is_empty(&self) -> bool {
        self.set.is_empty() && self.add.is_empty() && self.remove.is_empty()
    }

    fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        let mut seen: Vec<String> = Vec::new();
        let lists = [
            ("set", self.set.iter().map(|header| &header.name).collect::<Vec<_>>()),
            ("add", self.add.iter().map(|header| &header.name).collect()),
            ("remove", self.remove.iter().collect()),
        ];
        for (list, names) in lists {
            for (index, name) in names.into_iter().enumerate() {
                let pointer = format!("/{list}/{index}{}", if list == "remove" { "" } else { "/name" });
                errors.require(is_header_name(name), pointer.clone(), "header_name", "This is no name of a header.");
                let lower = name.to_ascii_lowercase();
                // Both belong to where a request goes; `url_rewrite` changes the host.
                let own = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"];
                let detail = "This header belongs to the connection, and a policy cannot change it.";
                errors.require(!own.contains(&lower.as_str()), pointer.clone(), "not_applicable", detail);
                errors.require(!seen.contains(&lower), pointer, "duplicate", "Name each header once.");
                seen.push(lower);
            }
        }
        errors
    }
}

/// Whether a text is a header's name (a token of RFC 9110).
pub fn is_header_name(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=256).contains(&text.len()) && text.bytes().all(token)
}

/// Whether a text is an origin: `*`, or scheme, host (perhaps `*.` first) and perhaps a port.
fn is_origin(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return text == "*" };
    let (host, port) = rest.split_once(':').unwrap_or((rest, "443"));
    let host = host.strip_prefix("*.").unwrap_or(host);
    let address = host.parse::<std::net::Ipv4Addr>().is_ok();
    (is_dns_name(host) || address) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

impl Cors {
    fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        for (index, origin) in self.allow_origins.iter().enumerate() {
            let detail = "An origin is `*`, or scheme and host such as `https://app.example.com`.";
            errors.require(is_origin(origin), format!("/allow_origins/{index}"), "origin", detail);
        }
        let any = self.allow_origins.iter().any(|origin| origin == "*");
        let detail = "Credentials cannot be allowed for every origin; name the origins.";
        errors.require(!(any && self.allow_credentials), "/allow_credentials", "conflict", detail);
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "*"];
        for (index, method) in self.allow_methods.iter().enumerate() {
            let detail = "This is no method of HTTP.";
            errors.require(known.contains(&method.as_str()), format!("/allow_methods/{index}"), "method", detail);
        }
        for (field, list) in [("allow_headers", &self.allow_headers), ("expose_headers", &self.expose_headers)] {
            for (index, name) in list.iter().enumerate() {
                let detail = "This is no name of a header.";
                errors.require(is_header_name(name), format!("/{field}/{index}"), "header_name", detail);
            }
        }
        errors
    }
}

impl PolicySpec {
    /// The type.
    pub const fn kind(&self) -> PolicyType {
        match self {
            Self::RateLimit(_) => PolicyType::RateLimit,
            Self::Cors(_) => PolicyType::Cors,
            Self::Retry(_) => PolicyType::Retry,
            Self::CircuitBreaker(_) => PolicyType::CircuitBreaker,
            Self::Timeout(_) => PolicyType::Timeout,
            Self::HeaderModifier(_) => PolicyType::HeaderModifier,
            Self::UrlRewrite(_) => PolicyType::UrlRewrite,
        }
    }

    /// What the schema cannot say; pointers are relative to it.
    pub fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        match self {
            Self::RateLimit(_) | Self::CircuitBreaker(_) => {}
            Self::Cors(cors) => errors.within("/cors", cors.check()),
            Self::Retry(retry) => errors.within("/retry", retry.check()),
            Self::Timeout(timeout) => {
                if let TimeoutPolicy { request_ms: Some(request), backend_request_ms: Some(backend), .. } = timeout {
                    let detail = "`backend_request_ms` must not exceed `request_ms`.";
                    errors.require(backend <= request, "/timeout/backend_request_ms", "too_large", detail);
                }
            }
            Self::HeaderModifier(HeaderModifier { request, response }) => {
                errors.within("/header_modifier/request", request.check());
                errors.within("/header_modifier/response", response.check());
                let empty = request.is_empty() && response.is_empty();
                errors.require(!empty, "/header_modifier", "required", "Change at least one header.");
            }
            Self::UrlRewrite(UrlRewrite { hostname, path }) => {
                let named = hostname.as_deref().is_none_or(is_dns_name);
                errors.require(named, "/url_rewrite/hostname", "hostname", "A host is a lower-case DNS name.");
                let empty = hostname.is_none() && path.is_none();
                errors.require(!empty, "/url_rewrite", "required", "Give `hostname`, `path`, or both.");
            }
        }
        errors
    }
}
