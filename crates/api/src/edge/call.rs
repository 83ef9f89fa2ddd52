//! Who is calling: checked before anything else of a request, and handed to its handler.

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use switchtower_control::Call;
use switchtower_domain::context::Context;

use super::code;
use crate::{Api, Authenticated, Named, Problem, Scope, routes::Resource};

/// The call of a caller who is known.
pub struct Known(pub Call);

/// Anyone who is known, with all that is known.
pub struct Own(pub Authenticated);

/// The context of a call by anyone.
pub struct Anyone(pub Context);

/// Checks the credentials of every request to a resource.
pub(crate) async fn layer(
    State((api, resource)): State<(Api, Resource)>,
    mut request: Request,
    next: Next,
) -> Response {
    let scope = resource.scope;
    if scope == Scope::Public {
        return next.run(request).await;
    }
    let now = request.extensions().get::<Context>().map_or_else(|| (api.clock)(), |context| context.now);
    let named = named(&resource, request.uri().path());
    let checked = api.authenticator.authenticate(request.headers(), scope, named, now, api.entropy.as_ref()).await;
    match checked {
        Ok(authenticated) => {
            let tenant = authenticated.caller.tenant_id();
            tracing::Span::current().record("tenant", tracing::field::display(tenant));
            request.extensions_mut().insert(authenticated);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// The resource that a path names: what stands after the path of its kind.
fn named<'a>(resource: &Resource, path: &'a str) -> Option<Named<'a>> {
    let id = path.strip_prefix(resource.path)?.strip_prefix('/')?.split('/').next()?;
    // No id is longer; anything else is no key worth a read.
    let kind = resource.kind.filter(|_| (1..=64).contains(&id.len()))?;
    Some(Named { kind, id })
}

fn known(parts: &Parts) -> Result<Authenticated, Problem> {
    let missing = || Problem::new(code::unauthenticated, "Send a bearer token or an API key.");
    parts.extensions.get::<Authenticated>().cloned().ok_or_else(missing)
}

fn context(parts: &Parts, api: &Api) -> Context {
    let made = || Context::new((api.clock)(), String::new(), api.entropy.clone());
    parts.extensions.get::<Context>().cloned().unwrap_or_else(made)
}

impl FromRequestParts<Api> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Authenticated { caller, cursor_key, ahead, .. } = known(parts)?;
        Ok(Self(Call { caller, cursor_key, ahead, context: context(parts, api) }))
    }
}

impl FromRequestParts<Api> for Own {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        known(parts).map(Self)
    }
}

impl FromRequestParts<Api> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Ok(Self(context(parts, api)))
    }
}
