//! The kinds of Kubernetes objects that are rendered.

/// The class of gateways that is rendered as Kubernetes objects.
pub(super) const ENVOY: &str = "envoy";

const GATEWAY_API: &str = "gateway.networking.k8s.io/v1";
const ENVOY_GATEWAY: &str = "gateway.envoyproxy.io/v1alpha1";

/// One kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
}

impl Kind {
    /// `gateway.networking.k8s.io/v1/HTTPRoute`.
    pub(super) fn api(&self) -> String {
        format!("{}/{}", self.api_version, self.kind)
    }
}

const fn kind(api_version: &'static str, kind: &'static str) -> Kind {
    Kind { api_version, kind }
}

/// All kinds that may be rendered. What carries a deployment's label is pruned among these.
pub(super) const KINDS: [Kind; 9] = [
    kind(GATEWAY_API, "Gateway"),
    kind(GATEWAY_API, "HTTPRoute"),
    kind(GATEWAY_API, "BackendTLSPolicy"),
    kind("gateway.networking.k8s.io/v1beta1", "ReferenceGrant"),
    kind(ENVOY_GATEWAY, "Backend"),
    kind(ENVOY_GATEWAY, "BackendTrafficPolicy"),
    kind(ENVOY_GATEWAY, "ClientTrafficPolicy"),
    kind(ENVOY_GATEWAY, "SecurityPolicy"),
    kind(ENVOY_GATEWAY, "HTTPRouteFilter"),
];
