//! How requests are handled on their way to a backend; said by backends and by policies alike.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::field::FieldErrors;

/// How requests are shared among the endpoints of a backend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadBalancingPolicy {
    /// In turn.
    #[default]
    RoundRobin,
    /// To the one with the fewest requests under way.
    LeastRequest,
    /// By chance.
    Random,
    /// To the same one for the same `hash_on`.
    ConsistentHash,
}

/// What a consistent hash is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HashOnType {
    /// The client's address.
    SourceIp,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

/// What a consistent hash is made of, and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HashOn {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: HashOnType,
    /// The name of the header or cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256, pattern = r"^[A-Za-z0-9!#$%&'*+.^_|~-]+$")]
    pub name: Option<String>,
}

/// How requests are shared among the endpoints of a backend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancing {
    /// In which way.
    pub policy: LoadBalancingPolicy,
    /// What the hash is made of; with `consistent_hash` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_on: Option<HashOn>,
}

impl LoadBalancing {
    /// What the schema cannot say; pointers are relative to it.
    pub fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        match (self.policy, &self.hash_on) {
            (LoadBalancingPolicy::ConsistentHash, None) => {
                errors.add("/hash_on", "required", "`consistent_hash` needs `hash_on`.");
            }
            (LoadBalancingPolicy::ConsistentHash, Some(HashOn { kind, name })) => {
                let named = *kind != HashOnType::SourceIp;
                errors.require(name.is_some() || !named, "/hash_on/name", "required", "Give the name.");
                let detail = "`source_ip` takes no name.";
                errors.require(name.is_none() || named, "/hash_on/name", "not_applicable", detail);
            }
            (_, Some(_)) => errors.add("/hash_on", "not_applicable", "`hash_on` applies only to `consistent_hash`."),
            (_, None) => {}
        }
        errors
    }
}

/// How a health check asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthCheckType {
    /// With an HTTP request.
    Http,
    /// By connecting.
    Tcp,
    /// With the gRPC health protocol.
    Grpc,
}

/// What an HTTP health check asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpHealthCheck {
    /// The path.
    #[schema(min_length = 1, max_length = 1024, pattern = r"^/[^\s?#]*$")]
    pub path: String,
    /// The statuses of an endpoint that is well; 200 when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16, required = false)]
    pub expected_statuses: Vec<u16>,
}

/// How the gateway asks endpoints whether they are well.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// How it asks.
    #[serde(rename = "type")]
    pub kind: HealthCheckType,
    /// Between two checks, in milliseconds; 3 s when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 100, maximum = 3_600_000)]
    pub interval_ms: Option<u32>,
    /// For an answer, in milliseconds; 1 s when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 10, maximum = 3_600_000)]
    pub timeout_ms: Option<u32>,
    /// Good answers in a row until an endpoint is well again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub healthy_threshold: Option<u32>,
    /// Bad answers in a row until an endpoint is not well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub unhealthy_threshold: Option<u32>,
    /// What is asked for; with `http` only, and needed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpHealthCheck>,
}

impl HealthCheck {
    /// What the schema cannot say; pointers are relative to it.
    pub fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        let http = self.kind == HealthCheckType::Http;
        errors.require(self.http.is_some() || !http, "/http", "required", "An `http` check needs `http.path`.");
        let detail = "`http` applies only to checks of type `http`.";
        errors.require(self.http.is_none() || http, "/http", "not_applicable", detail);
        for (index, status) in self.http.iter().flat_map(|http| &http.expected_statuses).enumerate() {
            let pointer = format!("/http/expected_statuses/{index}");
            errors.require((100..600).contains(status), pointer, "range", "A status is a number from 100 to 599.");
        }
        errors
    }
}

/// How much may be under way to a backend at once; what is beyond is answered 503.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CircuitBreaker {
    /// Connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_connections: Option<u32>,
    /// Requests that wait for a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_pending_requests: Option<u32>,
    /// Requests under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_requests: Option<u32>,
    /// Retries under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_retries: Option<u32>,
}

/// What makes a gateway try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryOn {
    /// The connection could not be made.
    ConnectFailure,
    /// The connection broke off, or no answer came in time.
    Reset,
    /// A status of 500 or above.
    #[serde(rename = "5xx")]
    ServerError,
    /// A status of 502, 503 or 504.
    GatewayError,
    /// A status of 429.
    RateLimited,
}

/// What is tried again, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// How many times it is tried again.
    #[schema(minimum = 1, maximum = 10)]
    pub attempts: u32,
    /// What makes it try again; connections that fail and break off, when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5, required = false)]
    pub retry_on: Vec<RetryOn>,
    /// For each try, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub per_try_timeout_ms: Option<u32>,
}

impl Retry {
    /// What the schema cannot say; pointers are relative to it.
    pub fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        let mut reasons = self.retry_on.clone();
        reasons.sort_unstable();
        reasons.dedup();
        errors.require(reasons.len() == self.retry_on.len(), "/retry_on", "duplicate", "Name each reason once.");
        errors
    }

    /// What makes it try again.
    pub fn reasons(&self) -> &[RetryOn] {
        if self.retry_on.is_empty() { &[RetryOn::ConnectFailure, RetryOn::Reset] } else { &self.retry_on }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_needs_what_it_is_made_of() {
        let balancing = |policy, hash_on| LoadBalancing { policy, hash_on };
        let header = |name: Option<&str>| Some(HashOn { kind: HashOnType::Header, name: name.map(str::to_owned) });
        assert!(balancing(LoadBalancingPolicy::ConsistentHash, header(Some("x-user"))).check().is_empty());
        assert!(!balancing(LoadBalancingPolicy::ConsistentHash, header(None)).check().is_empty());
        assert!(!balancing(LoadBalancingPolicy::ConsistentHash, None).check().is_empty());
        assert!(!balancing(LoadBalancingPolicy::Random, header(Some("x-user"))).check().is_empty());
    }

    #[test]
    fn reasons_are_written_as_gateways_write_them() {
        let retry: Retry = serde_json::from_str(r#"{"attempts": 2, "retry_on": ["5xx", "connect_failure"]}"#).unwrap();
        assert_eq!(retry.reasons(), [RetryOn::ServerError, RetryOn::ConnectFailure]);
        assert!(retry.check().is_empty());
    }
}
