//! Who may call.

use switchtower_domain::{
    field::FieldErrors,
    hostname::is_dns_name,
    product_publish::{ApiKeyAuth, Auth, JwtAuth},
};

use super::bound;

/// Everything that is wrong; pointers are relative to the publish.
pub(super) fn check(auth: &Auth) -> FieldErrors {
    let mut errors = FieldErrors::new();
    errors.within("/auth", auth.check());
    match auth {
        Auth::None => {}
        Auth::ApiKey(auth) => errors.within("/auth/api_key", api_key(auth)),
        Auth::Jwt(auth) => errors.within("/auth/jwt", jwt(auth)),
    }
    errors
}

fn api_key(auth: &ApiKeyAuth) -> FieldErrors {
    let mut errors = FieldErrors::new();
    bound::list(&auth.headers, (0, 8), "/headers", &mut errors);
    bound::list(&auth.query_params, (0, 8), "/query_params", &mut errors);
    let named = is_dns_name(&auth.credentials_ref);
    errors.require(named, "/credentials_ref", "name", "A Secret has a lower-case DNS name.");
    if let Some(header) = &auth.client_id_header {
        bound::name(header, "/client_id_header", &mut errors);
    }
    errors
}

fn jwt(auth: &JwtAuth) -> FieldErrors {
    let mut errors = FieldErrors::new();
    bound::text(&auth.issuer, (1, 253), "/issuer", &mut errors);
    bound::text(&auth.jwks_uri, (1, 253), "/jwks_uri", &mut errors);
    let host = auth.jwks_uri.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#', ':']).next());
    let address = host.is_some_and(|host| is_dns_name(&host.to_ascii_lowercase()));
    let plain = auth.jwks_uri.bytes().all(|byte| byte.is_ascii_graphic());
    let detail = "The keys are at an address such as `https://issuer.example.com/jwks.json`.";
    errors.require(address && plain, "/jwks_uri", "uri", detail);
    bound::list(&auth.audiences, (0, 8), "/audiences", &mut errors);
    bound::list(&auth.scopes, (0, 16), "/scopes", &mut errors);
    bound::list(&auth.claim_to_headers, (0, 16), "/claim_to_headers", &mut errors);
    for (index, own) in auth.claim_to_headers.iter().enumerate() {
        bound::text(&own.claim, (1, 256), &format!("/claim_to_headers/{index}/claim"), &mut errors);
        bound::name(&own.header, &format!("/claim_to_headers/{index}/header"), &mut errors);
    }
    errors
}
