//! What each gateway class can do: one table, served by the API and used for refusals.
//!
//! A feature that a class cannot do is refused before anything is deployed, with the field that asks for it. It is never
//! dropped.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ClientSettings, GatewayClass, Listener};
use crate::field::FieldErrors;

macro_rules! features {
    ($($(#[doc = $doc:literal])* $feature:ident: envoy $envoy:expr, nginx $nginx:expr;)*) => {
        /// Something that a gateway class may or may not be able to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Feature {
            $($(#[doc = $doc])* $feature,)*
        }

        impl Feature {
            /// Every feature.
            pub const ALL: &[Self] = &[$(Self::$feature,)*];

            /// What it is, in words.
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$feature => concat!($($doc),*),)*
                }
            }

            /// Why a class cannot do it; `None` when it can.
            pub const fn obstacle(self, class: GatewayClass) -> Option<&'static str> {
                match class {
                    GatewayClass::Envoy => match self { $(Self::$feature => $envoy,)* },
                    GatewayClass::Nginx => match self { $(Self::$feature => $nginx,)* },
                }
            }
        }
    };
}

/// It can.
const CAN: Option<&str> = None;

features! {
    /// Host names of single routes
    RouteHostnames: envoy CAN, nginx CAN;
    /// Paths by regular expression
    RegexPath: envoy CAN, nginx CAN;
    /// Matches of headers
    HeaderMatch: envoy CAN, nginx CAN;
    /// Matches of query parameters
    QueryMatch: envoy CAN, nginx CAN;
    /// Priority between equally specific routes
    RoutePriority:
        envoy Some("Gateway API orders routes by what they match alone; make one of them more specific"),
        nginx CAN;
    /// Shares of requests by weight
    WeightedBackends: envoy CAN, nginx CAN;
    /// Weights of endpoints
    EndpointWeight:
        envoy Some("endpoints of a Backend have no weight; make a backend of each and weigh those in the route"),
        nginx CAN;
    /// Zones of endpoints
    EndpointZone: envoy CAN, nginx Some("nginx does not know zones");
    /// gRPC backends
    GrpcBackend: envoy CAN, nginx CAN;
    /// TLS to backends without a check of the certificate
    InsecureBackendTls: envoy CAN, nginx CAN;
    /// Different traffic settings of the backends of one route
    MixedBackendSettings:
        envoy Some(
            "Envoy knows the backends of one route as one; give them the same settings, and gRPC to all or none"
        ),
        nginx CAN;
    /// Load balancing by chance
    RandomLoadBalancing: envoy CAN, nginx CAN;
    /// Load balancing by consistent hash
    ConsistentHash: envoy CAN, nginx CAN;
    /// Active health checks
    ActiveHealthCheck: envoy CAN, nginx Some("nginx (open source) asks nobody; of several endpoints it leaves out those that fail requests");
    /// Circuit breaking by number of connections
    MaxConnections: envoy CAN, nginx CAN;
    /// Circuit breaking by number of waiting requests
    MaxPendingRequests: envoy CAN, nginx Some("nginx keeps no queue of requests");
    /// Circuit breaking by number of requests
    MaxRequests: envoy CAN, nginx CAN;
    /// Circuit breaking by number of retries
    MaxRetries: envoy CAN, nginx Some("nginx does not count retries under way");
    /// Retries of requests that were answered 5xx other than 500, 502, 503, 504
    RetryOnAnyServerError: envoy CAN, nginx Some("nginx tries again on 500, 502, 503 and 504 only; use `gateway_error`");
    /// Time limit of each try
    PerTryTimeout: envoy CAN, nginx CAN;
    /// Time limit of a connection attempt
    ConnectTimeout: envoy CAN, nginx CAN;
    /// Time limit of idle connections to backends
    BackendIdleTimeout: envoy CAN, nginx CAN;
    /// Rate limits by second or minute
    RateLimit: envoy CAN, nginx CAN;
    /// Rate limits by hour or day
    LongRateLimit: envoy CAN, nginx Some("nginx limits by second or minute");
    /// Bursts beyond the rate
    RateLimitBurst:
        envoy Some("a local rate limit lets through as many at once as it allows in its unit"),
        nginx CAN;
    /// CORS
    Cors: envoy CAN, nginx CAN;
    /// Changes of request headers
    RequestHeaders: envoy CAN, nginx CAN;
    /// Request headers added beside what they have
    AddRequestHeader: envoy CAN, nginx CAN;
    /// Changes of response headers
    ResponseHeaders: envoy CAN, nginx CAN;
    /// Rewrites of host and path
    UrlRewrite: envoy CAN, nginx CAN;
    /// Authentication by API key
    ApiKeyAuth: envoy CAN, nginx CAN;
    /// Authentication by JWT
    JwtAuth: envoy CAN, nginx Some("nginx (open source) does not check tokens");
    /// Certificates in other namespaces
    CertificateNamespace: envoy CAN, nginx Some("a plain host has no namespaces");
    /// A time limit of a request's headers
    HeaderTimeout:
        envoy Some("Envoy Gateway before 1.9 limits whole requests only; leave it out"),
        nginx CAN;
    /// A limit of the body's size
    MaxBodyBytes: envoy Some("Envoy Gateway limits what it buffers; use `buffer_bytes`"), nginx CAN;
    /// A limit of what is buffered
    BufferBytes: envoy CAN, nginx Some("nginx buffers on disk; use `max_body_bytes`");
    /// The client's address from trusted proxies
    TrustedHops: envoy CAN, nginx Some("nginx trusts addresses, not a number of hops");
}

/// Whether a class can do something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeatureSupport {
    /// The feature.
    pub feature: Feature,
    /// What it is.
    pub description: &'static str,
    /// Whether the class can do it.
    pub supported: bool,
    /// Why it cannot, and what to do instead.
    pub detail: Option<&'static str>,
}

/// What a gateway class can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GatewayClassInfo {
    /// The class.
    pub class: GatewayClass,
    /// What serves it.
    pub description: &'static str,
    /// Everything that a class may be able to do.
    pub features: Vec<FeatureSupport>,
}

impl GatewayClass {
    /// What the class can do.
    pub fn info(self) -> GatewayClassInfo {
        let support = |feature: &Feature| FeatureSupport {
            feature: *feature,
            description: feature.description().trim(),
            supported: feature.obstacle(self).is_none(),
            detail: feature.obstacle(self),
        };
        let description = match self {
            Self::Envoy => "Envoy Gateway 1.8 and later, through Gateway API objects",
            Self::Nginx => "nginx 1.22 and later, through a configuration",
        };
        GatewayClassInfo { class: self, description, features: Feature::ALL.iter().map(support).collect() }
    }

    /// Refuses a feature that the class does not have, at the field that asks for it.
    pub fn refuse(self, feature: Feature, pointer: impl Into<String>, errors: &mut FieldErrors) {
        if let Some(why) = feature.obstacle(self) {
            errors.add(pointer, "not_supported", format!("Gateway class `{}` cannot do this: {why}.", self.name()));
        }
    }

    /// Refuses what a template asks for and the class does not have; pointers are relative to the template.
    pub fn refuse_template(self, listeners: &[Listener], client: Option<&ClientSettings>) -> FieldErrors {
        let mut errors = FieldErrors::new();
        for (index, listener) in listeners.iter().enumerate() {
            if listener.tls.as_ref().is_some_and(|tls| tls.certificate_namespace.is_some()) {
                let pointer = format!("/listeners/{index}/tls/certificate_namespace");
                self.refuse(Feature::CertificateNamespace, pointer, &mut errors);
            }
        }
        let client = client.cloned().unwrap_or_default();
        for (wanted, feature, pointer) in [
            (client.header_timeout_ms.is_some(), Feature::HeaderTimeout, "/client/header_timeout_ms"),
            (client.max_body_bytes.is_some(), Feature::MaxBodyBytes, "/client/max_body_bytes"),
            (client.buffer_bytes.is_some(), Feature::BufferBytes, "/client/buffer_bytes"),
            (client.trusted_hops.is_some(), Feature::TrustedHops, "/client/trusted_hops"),
        ] {
            if wanted {
                self.refuse(feature, pointer, &mut errors);
            }
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_told_for_every_class() {
        for class in GatewayClass::ALL {
            let info = class.info();
            assert_eq!(info.features.len(), Feature::ALL.len());
            assert!(
                info.features.iter().all(|one| one.supported == one.detail.is_none() && !one.description.is_empty())
            );
        }
        // A feature that no class has is no feature.
        assert!(Feature::ALL.iter().all(|one| GatewayClass::ALL.iter().any(|class| one.obstacle(*class).is_none())));
    }

    #[test]
    fn a_template_is_refused_with_the_field() {
        let client = ClientSettings { trusted_hops: Some(1), ..ClientSettings::default() };
        let errors = GatewayClass::Nginx.refuse_template(&[], Some(&client)).into_vec();
        assert_eq!(errors[0].pointer, "/client/trusted_hops");
        assert_eq!(errors[0].code, "not_supported");
        assert!(GatewayClass::Envoy.refuse_template(&[], Some(&client)).is_empty());
    }
}
