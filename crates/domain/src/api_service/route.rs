//! Routes: which requests an API service answers, and which backends get them.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Origin;
use crate::{
    field::FieldErrors,
    hostname,
    id::{BackendId, RouteId},
    name::Name,
};

/// The most host names of a route: the limit of an HTTPRoute.
pub const MAX_HOSTNAMES: usize = 16;
/// The most extensions of a route.
pub const MAX_EXTENSIONS: usize = 16;
/// The most bytes of a route's extensions, as JSON.
pub const MAX_EXTENSION_BYTES: usize = 4096;

/// Where a route is in its life.
///
/// ```text
///   draft -> active <-> inactive
/// ```
///
/// Only active routes are published. What is deployed stays until the product is published again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteStatus {
    /// Being worked on.
    Draft,
    /// Published with its API service.
    #[default]
    Active,
    /// Left out until it is active again.
    Inactive,
}

impl RouteStatus {
    /// Whether it is published.
    pub const fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }

    /// Whether a route of this status may get that one.
    pub const fn may_become(self, next: Self) -> bool {
        !matches!((self, next), (Self::Active | Self::Inactive, Self::Draft) | (Self::Draft, Self::Inactive))
    }

    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }
}

/// How a header or a query parameter is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueMatchType {
    /// The whole value, letter by letter.
    #[default]
    Exact,
    /// A regular expression (RE2) that the whole value must match.
    Regex,
    /// Any value, as long as it is there.
    Present,
}

/// A header or a query parameter that a request must have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueMatch {
    /// Its name; names of headers are compared without regard to case.
    #[schema(min_length = 1, max_length = 256, pattern = r"^[A-Za-z0-9!#$%&'*+.^_|~-]+$")]
    pub name: String,
    /// How the value is compared.
    #[serde(default, rename = "type")]
    #[schema(required = false)]
    pub kind: ValueMatchType,
    /// What it is compared with; left out with `present` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1024)]
    pub value: Option<String>,
}

impl ValueMatch {
    fn check(&self, pointer: &str, errors: &mut FieldErrors) {
        match (self.kind, &self.value) {
            (ValueMatchType::Present, Some(_)) => {
                errors.add(format!("{pointer}/value"), "not_applicable", "`present` takes no value.");
            }
            (ValueMatchType::Exact | ValueMatchType::Regex, None) => {
                errors.add(format!("{pointer}/value"), "required", "Give the value to compare with.");
            }
            (_, Some(value)) if value.chars().any(char::is_control) => {
                errors.add(format!("{pointer}/value"), "control_character", "A value has no control characters.");
            }
            _ => {}
        }
    }

    /// Whether no request can satisfy both: the same name, two different exact values.
    pub fn excludes(&self, other: &Self, same_name: impl Fn(&str, &str) -> bool) -> bool {
        let exact = self.kind == ValueMatchType::Exact && other.kind == ValueMatchType::Exact;
        exact && same_name(&self.name, &other.name) && self.value != other.value
    }
}

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
    /// Whether it is published; a new one is `active` when left out.
    #[serde(default, skip_serializing_if = "RouteStatus::is_active")]
    #[schema(required = false)]
    pub status: RouteStatus,
    /// The host names that it answers, each one that the publish answers; all of the publish's, when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub hostnames: Vec<String>,
    /// The paths that it answers.
    pub path: PathMatch,
    /// The methods that it answers; all, when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 9, required = false)]
    pub methods: Vec<Method>,
    /// The headers that a request must have, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub headers: Vec<ValueMatch>,
    /// The query parameters that a request must have, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub query_params: Vec<ValueMatch>,
    /// The backends that get its requests.
    #[schema(min_items = 1, max_items = 16)]
    pub backend_refs: Vec<BackendRef>,
    /// Decides between routes that are equally specific for a request: the higher one wins. Not every gateway class can.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(minimum = -1000, maximum = 1000, required = false, default = 0)]
    pub priority: i16,
    /// How long it waits; the gateway's own limits when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<RouteTimeouts>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub tags: Vec<String>,
    /// What an OpenAPI document says of it in `x-…` fields, or others want to keep with it; it reaches no gateway.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub extensions: BTreeMap<String, serde_json::Value>,
}

const fn is_zero(number: &i16) -> bool {
    *number == 0
}

impl Route {
    /// A route made by hand.
    pub const fn new(id: RouteId, spec: RouteInput) -> Self {
        Self { id, origin: Origin::Manual, spec }
    }

    /// The route without what is for people only: clusters do not care, and need not hear of its changes.
    #[must_use]
    pub fn without_notes(self) -> Self {
        let (description, tags, extensions) = (None, Vec::new(), BTreeMap::new());
        let spec = RouteInput { description, tags, extensions, ..self.spec };
        Self { id: self.id, origin: Origin::Manual, spec }
    }
}

impl RouteInput {
    /// An active route with nothing but these.
    pub const fn new(name: Name, path: PathMatch, backend_refs: Vec<BackendRef>) -> Self {
        Self {
            name,
            description: None,
            status: RouteStatus::Active,
            hostnames: Vec::new(),
            path,
            methods: Vec::new(),
            headers: Vec::new(),
            query_params: Vec::new(),
            backend_refs,
            priority: 0,
            timeouts: None,
            tags: Vec::new(),
            extensions: BTreeMap::new(),
        }
    }

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
        self.check_matches(&mut errors);
        for (index, tag) in self.tags.iter().enumerate() {
            let fits = (1..=63).contains(&tag.chars().count());
            errors.require(fits, format!("/tags/{index}"), "length", "A tag has 1 to 63 characters.");
        }
        let bytes = serde_json::to_string(&self.extensions).map_or(0, |text| text.len());
        let count = self.extensions.len();
        errors.require(count <= MAX_EXTENSIONS, "/extensions", "too_many", "A route has at most 16 extensions.");
        let fits = self.extensions.is_empty() || bytes <= MAX_EXTENSION_BYTES;
        let detail = format!("Extensions have at most {MAX_EXTENSION_BYTES} bytes as JSON, these have {bytes}.");
        errors.require(fits, "/extensions", "too_large", detail);
        errors
    }

    fn check_matches(&self, errors: &mut FieldErrors) {
        hostname::check_all(&self.hostnames, "/hostnames", errors);
        check_values(&self.headers, "/headers", str::eq_ignore_ascii_case, errors);
        check_values(&self.query_params, "/query_params", str::eq, errors);
    }
}

fn check_values(list: &[ValueMatch], pointer: &str, same: fn(&str, &str) -> bool, errors: &mut FieldErrors) {
    for (index, one) in list.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        one.check(&pointer, errors);
        let again = list.iter().take(index).any(|other| same(&other.name, &one.name));
        errors.require(!again, format!("{pointer}/name"), "duplicate", "Name each one once.");
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
