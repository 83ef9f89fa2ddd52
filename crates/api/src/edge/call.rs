//! Who is calling: extractors, one for each scope.

use axum::extract::FromRequestParts;
use http::request::Parts;
use switchtower_control::Call;
use switchtower_domain::context::Context;

use crate::{Api, Authenticated, Problem, Scope};

/// A user or API key in a tenant.
pub struct TenantCall(pub Call);

/// A system administrator, in no tenant.
pub struct SystemCall(pub Call);

/// An agent.
pub struct AgentCall(pub Call);

/// Anyone who is known, with all that is known.
pub struct OwnCall(pub Authenticated);

/// Nobody in particular: endpoints that everyone may call.
pub struct AnonymousCall(pub Context);

async fn authenticate(parts: &Parts, api: &Api, scope: Scope) -> Result<(Authenticated, Context), Problem> {
    let context = context(parts, api);
    let authenticated =
        api.authenticator.authenticate(&parts.headers, scope, context.now, api.entropy.as_ref()).await?;
    tracing::Span::current().record("tenant", tracing::field::display(authenticated.caller.tenant_id()));
    Ok((authenticated, context))
}

fn context(parts: &Parts, api: &Api) -> Context {
    let made = || Context::new((api.clock)(), String::new(), api.entropy.clone());
    parts.extensions.get::<Context>().cloned().unwrap_or_else(made)
}

fn call((authenticated, context): (Authenticated, Context)) -> Call {
    Call { caller: authenticated.caller, context, cursor_key: authenticated.cursor_key }
}

impl FromRequestParts<Api> for TenantCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        authenticate(parts, api, Scope::Tenant).await.map(|known| Self(call(known)))
    }
}

impl FromRequestParts<Api> for SystemCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        authenticate(parts, api, Scope::System).await.map(|known| Self(call(known)))
    }
}

impl FromRequestParts<Api> for AgentCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        authenticate(parts, api, Scope::Agent).await.map(|known| Self(call(known)))
    }
}

impl FromRequestParts<Api> for OwnCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        authenticate(parts, api, Scope::Own).await.map(|(known, _)| Self(known))
    }
}

impl FromRequestParts<Api> for AnonymousCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Ok(Self(context(parts, api)))
    }
}
