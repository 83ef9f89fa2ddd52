//! Backends: where an API service's requests go.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Origin;
use crate::{field::FieldErrors, id::BackendId, name::Name};

/// How a backend is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS; the certificate is checked against the system's authorities.
    Https,
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
}

/// TLS towards a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendTls {
    /// The name that the certificate must carry, when it is not the endpoint's host.
    #[schema(min_length = 1, max_length = 253, pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    pub sni: String,
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
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Its addresses: host names or IP addresses, not both.
    #[schema(min_items = 1, max_items = 64)]
    pub endpoints: Vec<Endpoint>,
    /// TLS details; only with `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<BackendTls>,
}

impl Endpoint {
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
    /// The name that TLS checks, when the backend uses TLS.
    pub fn tls_name(&self) -> Option<&str> {
        match self.scheme {
            Scheme::Http => None,
            Scheme::Https => {
                let host = self.endpoints.first().map(|endpoint| endpoint.host.as_str());
                self.tls.as_ref().map(|tls| tls.sni.as_str()).or(host)
            }
        }
    }

    /// What the schema cannot say; pointers are relative to the backend.
    pub fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        let ips = self.endpoints.iter().filter(|endpoint| endpoint.is_ip()).count();
        let uniform = ips == 0 || ips == self.endpoints.len();
        errors.require(uniform, "/endpoints", "mixed_addresses", "Use host names or IP addresses, not both.");
        errors.require(
            self.tls.is_none() || self.scheme == Scheme::Https,
            "/tls",
            "not_applicable",
            "`tls` applies only when `scheme` is `https`.",
        );
        let named = self.scheme == Scheme::Http || self.tls.is_some() || ips == 0;
        errors.require(
            named,
            "/tls",
            "required",
            "Give `tls.sni`: an IP address has no name to check a certificate against.",
        );
        let hosts: Vec<_> = self.endpoints.iter().map(|endpoint| &endpoint.host).collect();
        let one_host = hosts.windows(2).all(|pair| pair.first() == pair.last());
        errors.require(
            self.scheme == Scheme::Http || self.tls.is_some() || one_host,
            "/tls",
            "required",
            "Give `tls.sni`: endpoints with different hosts need one name to check certificates against.",
        );
        errors
    }
}
