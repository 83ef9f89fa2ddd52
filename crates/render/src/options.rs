//! What the cluster decides, not the snapshot.

/// How to render for a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The namespace of all objects: an RFC 1123 label.
    pub namespace: String,
    /// The GatewayClass that Envoy Gateway serves: a DNS name.
    pub envoy_gateway_class: String,
    /// What nginx finds on its host.
    pub nginx: NginxHost,
}

/// What nginx finds on its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NginxHost {
    /// The authorities that backends' certificates are checked against: an absolute path without `$`.
    pub ca_bundle: String,
    /// Whether the host speaks IPv6. Where it does not, nginx would refuse to listen.
    pub ipv6: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: "switchtower".to_owned(),
            envoy_gateway_class: "envoy-gateway".to_owned(),
            nginx: NginxHost::default(),
        }
    }
}

impl Default for NginxHost {
    fn default() -> Self {
        Self { ca_bundle: "/etc/ssl/certs/ca-certificates.crt".to_owned(), ipv6: true }
    }
}
