//! Who may call: the SecurityPolicy of the Gateway.
//!
//! It belongs to the Gateway and not to HTTPRoutes, so that no route is ever open, not even while routes change.

use serde_json::{Map, Value, json};
use switchtower_domain::product_publish::{ApiKeyAuth, Auth, JwtAuth};
use switchtower_protocol::snapshot::Snapshot;

use super::{GATEWAY, GATEWAY_API, SECURITY_POLICY};
use crate::{
    name,
    object::{Metadata, Object},
    options::Options,
};

/// What the issuer is called inside of the policy.
const PROVIDER: &str = "issuer";

pub(super) fn render(snapshot: &Snapshot, options: &Options) -> Option<Object> {
    let mut spec = match &snapshot.publish.auth {
        Auth::None => return None,
        Auth::ApiKey(auth) => Map::from_iter([("apiKeyAuth".to_owned(), api_key(auth))]),
        Auth::Jwt(auth) => jwt(auth),
    };
    let target = json!({ "group": GATEWAY_API, "kind": GATEWAY.1, "name": name::gateway(snapshot) });
    spec.insert("targetRefs".to_owned(), json!([target]));
    let metadata = Metadata::of(snapshot);
    Some(Object::new(SECURITY_POLICY, &options.namespace, name::gateway(snapshot), metadata, spec.into()))
}

fn api_key(auth: &ApiKeyAuth) -> Value {
    let sources: Vec<_> = [("headers", &auth.headers), ("params", &auth.query_params)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(key, names)| json!({ key: names }))
        .collect();
    let mut value = json!({
        "credentialRefs": [{ "group": "", "kind": "Secret", "name": auth.credentials_ref }],
        "extractFrom": sources,
        "sanitize": auth.hide_credentials,
    });
    if let (Some(fields), Some(header)) = (value.as_object_mut(), &auth.client_id_header) {
        fields.insert("forwardClientIDHeader".to_owned(), header.as_str().into());
    }
    value
}

fn jwt(auth: &JwtAuth) -> Map<String, Value> {
    let mut provider = Map::new();
    provider.insert("name".to_owned(), PROVIDER.into());
    provider.insert("issuer".to_owned(), auth.issuer.as_str().into());
    provider.insert("remoteJWKS".to_owned(), json!({ "uri": auth.jwks_uri }));
    if !auth.audiences.is_empty() {
        provider.insert("audiences".to_owned(), auth.audiences.clone().into());
    }
    if !auth.claim_to_headers.is_empty() {
        let claims = auth.claim_to_headers.iter();
        let claims = claims.map(|own| json!({ "claim": own.claim, "header": own.header })).collect();
        provider.insert("claimToHeaders".to_owned(), claims);
    }
    let mut spec = Map::new();
    spec.insert("jwt".to_owned(), json!({ "providers": [provider] }));
    if !auth.scopes.is_empty() {
        let allow = json!({
            "action": "Allow",
            "name": "scopes",
            "principal": { "jwt": { "provider": PROVIDER, "scopes": auth.scopes } },
        });
        spec.insert("authorization".to_owned(), json!({ "defaultAction": "Deny", "rules": [allow] }));
    }
    spec
}
