//! Routes: which requests an API service answers, and which backends get them.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Origin;
use crate::{
    field::FieldErrors,
    id::{BackendId, RouteId},
    name::Name,
};

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "they are the methods of RFC 9110 and RFC 5789")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Trace,
    Connect,
}

/// How a path is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathMatchType {
    /// The whole path, letter by letter.
    Exact,
    /// The first segments: `/v1` matches `/v1` and `/v1/x`, not `/v12`.
    Prefix,
    /// A regular expression (RE2) that the whole path must match.
    Regex,
}

/// Which paths a route answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PathMatch {
    /// How the path is compared.
    #[serde(rename = "type")]
    pub kind: PathMatchType,
    /// What it is compared with; starts with `/`.
    #[schema(min_length = 1, max_length = 1024, pattern = r"^/[^\s?#]*$")]
    pub value: String,
}

/// A share of a route's requests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendRef {
    /// A backend of the same API service.
    pub backend_id: BackendId,
    /// Its share, in proportion to the other weights; 0 sends nothing.
    #[serde(default = "default_weight")]
    #[schema(minimum = 0, maximum = 1_000_000, required = false, default = 1)]
    pub weight: u32,
}

const fn default_weight() -> u32 {
    1
}

/// How long a route waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteTimeouts {
    /// For the whole request, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub request_ms: Option<u32>,
    /// For one try at a backend, in milliseconds; at most `request_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub backend_request_ms: Option<u32>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Its id.
    pub id: RouteId,
    /// Where it came from; made by hand when left out.
    #[serde(default, skip_serializing_if = "Origin::is_manual")]
    pub origin: Origin,
    /// What it is, without its id.
    #[serde(flatten)]
    pub spec: RouteInput,
}

/// What makes or replaces a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteInput {
    /// The name, unique in the API service.
    pub name: Name,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// The paths that it answers.
    pub path: PathMatch,
    /// The methods that it answers; all, when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 9, required = false)]
    pub methods: Vec<Method>,
    /// The backends that get its requests.
    #[schema(min_items = 1, max_items = 16)]
    pub backend_refs: Vec<BackendRef>,
    /// How long it waits; the gateway's own limits when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<RouteTimeouts>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub tags: Vec<String>,
}

impl Route {
    /// A route made by hand.
    pub const fn new(id: RouteId, spec: RouteInput) -> Self {
        Self { id, origin: Origin::Manual, spec }
    }
}

impl RouteInput {
    /// What the schema cannot say; pointers are relative to the route.
    pub fn check(&self, knows_backend: impl Fn(BackendId) -> bool) -> FieldErrors {
        let mut errors = FieldErrors::new();
        for (index, reference) in self.backend_refs.iter().enumerate() {
            let pointer = format!("/backend_refs/{index}/backend_id");
            let detail = format!("This API service has no backend `{}`.", reference.backend_id);
            errors.require(knows_backend(reference.backend_id), pointer, "unknown_backend", detail);
        }
        let total: u64 = self.backend_refs.iter().map(|reference| u64::from(reference.weight)).sum();
        errors.require(total > 0, "/backend_refs", "no_weight", "At least one weight must be above 0.");
        let mut methods = self.methods.clone();
        methods.sort_unstable();
        methods.dedup();
        errors.require(methods.len() == self.methods.len(), "/methods", "duplicate", "Name each method once.");
        if let Some(RouteTimeouts { request_ms: Some(request), backend_request_ms: Some(backend) }) = self.timeouts {
            let detail = "`backend_request_ms` must not exceed `request_ms`.";
            errors.require(backend <= request, "/timeouts/backend_request_ms", "too_large", detail);
        }
        for (index, tag) in self.tags.iter().enumerate() {
            let fits = (1..=63).contains(&tag.chars().count());
            errors.require(fits, format!("/tags/{index}"), "length", "A tag has 1 to 63 characters.");
        }
        errors
    }
}

impl Method {
    /// The method as HTTP writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Connect => "CONNECT",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
