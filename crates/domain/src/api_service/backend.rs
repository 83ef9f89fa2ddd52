//! Backends: where an API service's requests go.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ActiveStatus, Origin};
use crate::{
    field::FieldErrors,
    id::BackendId,
    name::Name,
    traffic::{CircuitBreaker, HealthCheck, LoadBalancing, Retry},
};

/// How a backend is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS; the certificate is checked against the system's authorities.
    Https,
    /// gRPC over plain HTTP/2.
    Grpc,
    /// gRPC over HTTP/2 with TLS; the certificate is checked against the system's authorities.
    Grpcs,
}

impl Scheme {
    /// Whether it uses TLS.
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Grpcs)
    }

    /// Whether it is gRPC.
    pub const fn is_grpc(self) -> bool {
        matches!(self, Self::Grpc | Self::Grpcs)
    }
}

/// One address of a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// A host name or an IP address.
    #[schema(min_length = 1, max_length = 253, pattern = r"^[A-Za-z0-9]([-A-Za-z0-9.:]*[A-Za-z0-9])?$")]
    pub host: String,
    /// The port.
    #[schema(minimum = 1, maximum = 65535)]
    pub port: u16,
    /// Its share of the backend's requests, in proportion to the other endpoints'; 1 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    pub weight: Option<u16>,
    /// The zone that it stands in, as the cluster's nodes are labelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 253)]
    pub zone: Option<String>,
}

/// TLS towards a backend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendTls {
    /// The name that the certificate must carry, when it is not the endpoint's host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 253, pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    pub sni: Option<String>,
    /// Takes any certificate. For trials only: anybody on the way can read and change what is sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub insecure_skip_verify: bool,
}

/// How long a backend may take; what is left out is the gateway's own limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendTimeouts {
    /// To accept a connection, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub connect_ms: Option<u32>,
    /// For one try of a request, in milliseconds; a route's own timeouts go before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub request_ms: Option<u32>,
    /// That a connection without requests is kept, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub idle_ms: Option<u32>,
}

/// A backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backend {
    /// Its id.
    pub id: BackendId,
    /// Where it came from; made by hand when left out.
    #[serde(default, skip_serializing_if = "Origin::is_manual")]
    pub origin: Origin,
    /// What it is, without its id.
    #[serde(flatten)]
    pub spec: BackendInput,
}

/// What makes or replaces a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendInput {
    /// The name, unique in the API service.
    pub name: Name,
    /// Whether routes may send it requests; a new one is `active` when left out.
    #[serde(default = "active", skip_serializing_if = "ActiveStatus::is_active")]
    #[schema(required = false)]
    pub status: ActiveStatus,
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Its addresses: host names or IP addresses, not both.
    #[schema(min_items = 1, max_items = 64)]
    pub endpoints: Vec<Endpoint>,
    /// TLS details; only with `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<BackendTls>,
    /// How requests are shared among its endpoints; in turn when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancing: Option<LoadBalancing>,
    /// How long it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<BackendTimeouts>,
    /// How the gateway finds out which endpoints are well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheck>,
    /// How much may be under way at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<CircuitBreaker>,
    /// What is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}

const fn active() -> ActiveStatus {
    ActiveStatus::Active
}

impl Endpoint {
    /// An address without weight and zone.
    pub const fn new(host: String, port: u16) -> Self {
        Self { host, port, weight: None, zone: None }
    }

    /// Whether the host is an IP address.
    pub fn is_ip(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok()
    }
}

impl Backend {
    /// A backend made by hand.
    pub const fn new(id: BackendId, spec: BackendInput) -> Self {
        Self { id, origin: Origin::Manual, spec }
    }
}

impl BackendInput {
    /// An active backend with nothing but these.
    pub const fn new(name: Name, scheme: Scheme, endpoints: Vec<Endpoint>) -> Self {
        Self {
            name,
            status: ActiveStatus::Active,
            scheme,
            endpoints,
            tls: None,
            load_balancing: None,
            timeouts: None,
            health_check: None,
            circuit_breaker: None,
            retry: None,
        }
    }

    /// The name that TLS asks for and checks, when the backend uses TLS.
    pub fn tls_name(&self) -> Option<&str> {
        let host = self.endpoints.first().map(|endpoint| endpoint.host.as_str());
        let sni = self.tls.as_ref().and_then(|tls| tls.sni.as_deref());
        sni.or(host).filter(|_| self.scheme.is_tls())
    }

    /// Whether any certificate is taken.
    pub fn is_insecure(&self) -> bool {
        self.scheme.is_tls() && self.tls.as_ref().is_some_and(|tls| tls.insecure_skip_verify)
    }

    /// What the schema cannot say; pointers are relative to the backend.
    pub fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        let ips = self.endpoints.iter().filter(|endpoint| endpoint.is_ip()).count();
        let uniform = ips == 0 || ips == self.endpoints.len();
        errors.require(uniform, "/endpoints", "mixed_addresses", "Use host names or IP addresses, not both.");
        let detail = "`tls` applies only when `scheme` is `https` or `grpcs`.";
        errors.require(self.tls.is_none() || self.scheme.is_tls(), "/tls", "not_applicable", detail);
        let named = self.tls.as_ref().is_some_and(|tls| tls.sni.is_some() || tls.insecure_skip_verify);
        let nameless = self.scheme.is_tls() && !named;
        let detail = "Give `tls.sni`: an IP address has no name to check a certificate against.";
        errors.require(!nameless || ips == 0, "/tls", "required", detail);
        let one_host = self.endpoints.windows(2).all(|pair| pair.first().map(host) == pair.last().map(host));
        let detail = "Give `tls.sni`: endpoints with different hosts need one name to check certificates against.";
        errors.require(!nameless || one_host, "/tls", "required", detail);
        if let Some(balancing) = &self.load_balancing {
            errors.within("/load_balancing", balancing.check());
        }
        if let Some(check) = &self.health_check {
            errors.within("/health_check", check.check());
        }
        if let Some(retry) = &self.retry {
            errors.within("/retry", retry.check());
        }
        errors
    }
}

fn host(endpoint: &Endpoint) -> &str {
    &endpoint.host
}
