//! Arbitrary authentication, client settings and listeners.

use proptest::{collection::vec, option, prelude::*};
use switchtower_domain::{
    gateway::{ClientSettings, Listener, ListenerTls, Protocol, TlsVersion},
    product_publish::{ApiKeyAuth, Auth, ClaimHeader, JwtAuth},
};

use super::{hostname, traffic::header};
use crate::fixture;

pub(super) fn auth() -> impl Strategy<Value = Auth> {
    let api_key = (vec(header(), 0..4), vec(header(), 0..4), hostname(), any::<bool>(), option::of(header()))
        .prop_map(|(headers, query_params, credentials_ref, hide_credentials, client_id_header)| ApiKeyAuth {
            headers,
            query_params,
            credentials_ref,
            hide_credentials,
            client_id_header,
        })
        .prop_filter("a key is somewhere", |own| !own.headers.is_empty() || !own.query_params.is_empty());
    let claim = ("[a-z]{1,8}(\\.[a-z]{1,8})?", header()).prop_map(|(claim, header)| ClaimHeader { claim, header });
    let words = |most| vec("[a-z:]{1,20}", 0..=most);
    let jwt =
        (hostname(), words(8), words(16), vec(claim, 0..4)).prop_map(|(host, audiences, scopes, claim_to_headers)| {
            JwtAuth {
                issuer: format!("https://{host}/"),
                audiences,
                jwks_uri: format!("https://{host}/jwks.json"),
                scopes,
                claim_to_headers,
            }
        });
    prop_oneof![Just(Auth::None), api_key.prop_map(Auth::ApiKey), jwt.prop_map(Auth::Jwt)]
}

pub(super) fn client() -> impl Strategy<Value = Option<ClientSettings>> {
    let numbers = (option::of(1..=3_600_000_u32), option::of(1024..=1_073_741_824_u64), option::of(1..=16_u32));
    option::of(numbers.prop_map(|(idle_timeout_ms, buffer_bytes, trusted_hops)| ClientSettings {
        idle_timeout_ms,
        buffer_bytes,
        trusted_hops,
        ..ClientSettings::default()
    }))
}

pub(super) fn listener() -> impl Strategy<Value = Listener> {
    let version = prop_oneof![Just(TlsVersion::V1_2), Just(TlsVersion::V1_3)];
    let tls = (hostname(), option::of("[a-z]([-a-z0-9]{0,10}[a-z0-9])?"), option::of(version)).prop_map(
        |(certificate_ref, certificate_namespace, min_version)| ListenerTls {
            certificate_ref,
            certificate_namespace,
            min_version,
        },
    );
    (option::of(tls), option::of(hostname()), any::<bool>()).prop_map(|(tls, host, wide)| Listener {
        name: fixture::name("listener"),
        port: 1,
        protocol: if tls.is_some() { Protocol::Https } else { Protocol::Http },
        hostname: host.map(|host| if wide { format!("*.{host}") } else { host }),
        tls,
    })
}
