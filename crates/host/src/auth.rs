//! Tells who is calling: users by OIDC tokens, API keys, and agents by tokens that they signed themselves.
//!
//! Everything is read consistently on every request, so what is revoked or suspended is refused on the next one. What never
//! changes is remembered (which tenant a key or an agent belongs to), so that a warm function needs a single read: the row of
//! the credential and the row of its tenant together, and with them the row of the resource that the request names.

mod agent;
mod api_key;
mod jwks;
mod settings;
mod user;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use futures::future::BoxFuture;
use http::{HeaderMap, header};
use jiff::Timestamp;
use switchtower_api::{Authenticated, Authenticator, Named, Problem, Scope, edge::code};
use switchtower_control::Error;
use switchtower_domain::{
    context::Entropy,
    tenant::{TenantId, TenantStatus},
};
use switchtower_store::{Key, Store, StoreError, auth::TenantAuth};

use self::{jwks::Jwks, settings::Settings};
use crate::Config;

/// The most ids whose tenant is remembered.
const REMEMBERED: usize = 10_000;

/// Checks credentials.
pub struct Auth {
    store: Store,
    settings: Settings,
    jwks: Jwks,
    tenants: Mutex<HashMap<String, TenantId>>,
}

/// What a request brings along to say who it is from.
enum Credentials<'a> {
    ApiKey(&'a str),
    Token(&'a str),
}

impl Auth {
    /// Checks against the table and the issuer of the settings.
    pub fn new(store: Store, config: &Config) -> Self {
        let settings = Settings::new(config);
        Self { jwks: Jwks::new(&config.oidc), store, settings, tenants: Mutex::default() }
    }

    /// The tenant that an id is known to belong to.
    fn known_tenant(&self, id: &str) -> Option<TenantId> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    /// Remembers a tenant that never changes.
    fn remember(&self, id: String, tenant: TenantId) {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if tenants.len() >= REMEMBERED {
            tenants.clear();
        }
        tenants.insert(id, tenant);
    }
}

impl Authenticator for Auth {
    fn authenticate<'a>(
        &'a self,
        headers: &'a HeaderMap,
        scope: Scope,
        named: Option<Named<'a>>,
        now: Timestamp,
        entropy: &'a dyn Entropy,
    ) -> BoxFuture<'a, Result<Authenticated, Problem>> {
        Box::pin(async move {
            match (credentials(headers)?, scope) {
                (Credentials::Token(token), Scope::Agent) => self.agent(token, now).await,
                (Credentials::ApiKey(_), Scope::Agent) => {
                    let detail = "Only agents call this endpoint, with a token that they sign themselves.";
                    Err(Problem::new(code::invalid_token, detail))
                }
                (Credentials::ApiKey(key), scope) => {
                    self.api_key(key, wanted_tenant(headers)?, scope, named, now).await
                }
                (Credentials::Token(token), scope) => {
                    self.user(token, wanted_tenant(headers)?, scope, named, now, entropy).await
                }
            }
        })
    }
}

/// What the headers bring along; an API key may come as a bearer token.
fn credentials(headers: &HeaderMap) -> Result<Credentials<'_>, Problem> {
    if let Some(key) = headers.get("x-api-key") {
        let key = key.to_str().unwrap_or_default();
        return Ok(Credentials::ApiKey(key));
    }
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match token.map(|(_, token)| token.trim()) {
        Some(key) if key.starts_with("swt_") => Ok(Credentials::ApiKey(key)),
        Some(token) if !token.is_empty() => Ok(Credentials::Token(token)),
        _ => {
            let detail = "Send `Authorization: Bearer <token>` or `X-API-Key: swt_…`.";
            Err(Problem::new(code::unauthenticated, detail))
        }
    }
}

/// The tenant that the request names, by id or slug.
fn wanted_tenant(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("x-tenant") else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| (1..=63).contains(&text.len()));
    let bad = || Problem::new(code::invalid_header, "`X-Tenant` is the id or the slug of a tenant.");
    text.map(Some).ok_or_else(bad)
}

/// Refuses callers of a tenant that is suspended.
fn expect_active(tenant: &TenantAuth) -> Result<(), Problem> {
    match tenant.status {
        TenantStatus::Active => Ok(()),
        TenantStatus::Suspended => {
            let detail = "The tenant is suspended, and its requests are refused. Ask a system administrator.";
            Err(Problem::new(code::tenant_suspended, detail))
        }
    }
}

/// The rows of a caller and their tenant, and the one that the request names.
fn keys<'a>(tenant: TenantId, own: [Key<'a>; 2], named: Option<Named<'a>>) -> Vec<Key<'a>> {
    let named = named.map(|Named { kind, id }| Key::Resource { tenant, kind, id });
    own.into_iter().chain(named).collect()
}

fn store_problem(error: StoreError) -> Problem {
    Error::from(error).into()
}
