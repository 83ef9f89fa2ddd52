//! What the cluster decides, not the snapshot.

/// How to render for a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The namespace of all objects: an RFC 1123 label.
    pub namespace: String,
    /// The GatewayClass that Envoy Gateway serves: a DNS name.
    pub envoy_gateway_class: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { namespace: "switchtower".to_owned(), envoy_gateway_class: "envoy-gateway".to_owned() }
    }
}
