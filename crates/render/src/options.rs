//! What the cluster decides, not the snapshot.

/// How to render for a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The namespace of all objects: an RFC 1123 label.
    pub namespace: String,
    /// The GatewayClass that Envoy Gateway serves: a DNS name.
    pub envoy_gateway_class: String,
    /// Where nginx finds what is not in its configuration.
    pub nginx: NginxPaths,
}

/// Where nginx finds what is not in its configuration: absolute paths without `$`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NginxPaths {
    /// The authorities that backends' certificates are checked against.
    pub ca_bundle: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: "switchtower".to_owned(),
            envoy_gateway_class: "envoy-gateway".to_owned(),
            nginx: NginxPaths::default(),
        }
    }
}

impl Default for NginxPaths {
    fn default() -> Self {
        Self { ca_bundle: "/etc/ssl/certs/ca-certificates.crt".to_owned() }
    }
}
