//! The kinds of Kubernetes objects that are rendered, and what those who serve them say of them.

const GATEWAY_API: &str = "gateway.networking.k8s.io/v1";
const ENVOY_GATEWAY: &str = "gateway.envoyproxy.io/v1alpha1";

/// Where in an object's status those who serve it answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// Nowhere.
    Silent,
    /// `status.conditions`.
    Own,
    /// `status.conditions` and `status.listeners[].conditions`.
    Gateway,
    /// `status.parents[].conditions`.
    Parents,
    /// `status.ancestors[].conditions`.
    Ancestors,
}

/// One kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) voice: Voice,
    /// Whether nothing can be served without it.
    pub(super) vital: bool,
}

impl Kind {
    /// `gateway.networking.k8s.io/v1/HTTPRoute`.
    pub(super) fn api(&self) -> String {
        format!("{}/{}", self.api_version, self.kind)
    }
}

const fn kind(api_version: &'static str, kind: &'static str, voice: Voice, vital: bool) -> Kind {
    Kind { api_version, kind, voice, vital }
}

/// All kinds that may be rendered. What carries a deployment's label is pruned among these.
pub(super) const KINDS: [Kind; 9] = [
    kind(GATEWAY_API, "Gateway", Voice::Gateway, true),
    kind(GATEWAY_API, "HTTPRoute", Voice::Parents, true),
    kind(GATEWAY_API, "BackendTLSPolicy", Voice::Ancestors, false),
    kind("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", Voice::Silent, false),
    kind(ENVOY_GATEWAY, "Backend", Voice::Own, true),
    kind(ENVOY_GATEWAY, "BackendTrafficPolicy", Voice::Ancestors, false),
    kind(ENVOY_GATEWAY, "ClientTrafficPolicy", Voice::Ancestors, false),
    kind(ENVOY_GATEWAY, "SecurityPolicy", Voice::Ancestors, false),
    kind(ENVOY_GATEWAY, "HTTPRouteFilter", Voice::Silent, false),
];

/// What is known of a kind, whichever version of it is asked for.
pub(super) fn find(api_version: &str, kind: &str) -> Option<&'static Kind> {
    let group = |api_version: &str| api_version.split_once('/').map_or(String::new(), |(group, _)| group.to_owned());
    KINDS.iter().find(|known| known.kind == kind && group(known.api_version) == group(api_version))
}

#[cfg(test)]
mod tests {
    use switchtower_render::{Options, fixture, render};

    use super::*;

    #[test]
    fn every_kind_that_is_rendered_is_known_in_the_version_that_is_rendered() {
        for snapshot in [fixture::small(), fixture::large(40), fixture::full()] {
            for object in render(&snapshot, &Options::default()).unwrap().objects {
                let known = find(object.api_version, object.kind).map(|kind| kind.api_version);
                assert_eq!(
                    known,
                    Some(object.api_version),
                    "add {} to KINDS and infra/kubernetes/agent.yaml",
                    object.kind
                );
            }
        }
    }
}
