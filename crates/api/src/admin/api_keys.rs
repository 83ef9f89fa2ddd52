//! `/v1/admin/api-keys`: API keys, whose secrets are shown once.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use switchtower_control::resource::Target;
use switchtower_domain::{
    api_key::{ApiKey, ApiKeyId, ApiKeyInput},
    resource::Resource,
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        body::Body,
        call::Known,
        crud::actions,
        etag::{IfMatch, IfMatchHeader, etag},
        id::PathId,
        problem::Problems,
        query::{ListParams, Params},
        request::IdempotencyHeader,
        view::{PageView, View},
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(api_key_create, api_key_list))
        .routes(routes!(api_key_get))
        .routes(routes!(api_key_revoke))
        .routes(routes!(api_key_rotate))
}

/// An API key as the API shows it.
pub type ApiKeyView = View<ApiKey>;
/// A part of a list of API keys.
pub type ApiKeyPage = PageView<ApiKeyView>;

/// An API key with its secret.
#[derive(Serialize, ToSchema)]
struct NewApiKey {
    /// The key.
    #[serde(flatten)]
    #[schema(value_type = ApiKeyView)]
    resource: ApiKeyView,
    /// The secret, for `X-API-Key`. It is shown this once; `null` when the answer is repeated.
    secret: Option<String>,
}

/// How a key is rotated.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RotateInput {
    /// Seconds for which the old key goes on working, at most a week; a day when left out.
    #[serde(default = "a_day")]
    #[schema(minimum = 0, maximum = 604_800, default = 86_400)]
    grace_seconds: u32,
}

const fn a_day() -> u32 {
    24 * 60 * 60
}

impl IntoResponse for NewApiKey {
    fn into_response(self) -> Response {
        let Resource { id, revision, .. } = &self.resource.0;
        let (location, tag) = (format!("/v1/admin/api-keys/{id}"), etag(*revision));
        let mut response = (StatusCode::CREATED, [(header::ETAG, tag)], Json(self)).into_response();
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// Makes an API key that may do at most what the caller may do.
#[utoipa::path(
    post, path = "/", tag = "API keys", request_body = ApiKeyInput, params(IdempotencyHeader),
    responses((status = 201, body = NewApiKey, headers(("Location" = String), ("ETag" = String))), Problems)
)]
async fn api_key_create(
    State(api): State<Api>,
    Known(call): Known,
    Body(input): Body<ApiKeyInput>,
) -> Result<NewApiKey, Problem> {
    let (key, secret) = api.control.api_key_create(&call, input).await?;
    Ok(NewApiKey { resource: View(key), secret: Some(secret) })
}

/// Lists API keys, oldest first, without their secrets.
#[utoipa::path(
    get, path = "/", tag = "API keys", params(ListParams),
    responses((status = 200, body = ApiKeyPage), Problems)
)]
async fn api_key_list(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<ListParams>,
) -> Result<ApiKeyPage, Problem> {
    Ok(api.control.api_key_list(&call, params.into()).await?.into())
}

/// Gets an API key, without its secret.
#[utoipa::path(
    get, path = "/{id}", tag = "API keys", params(("id" = ApiKeyId, Path)),
    responses((status = 200, body = ApiKeyView, headers(("ETag" = String))), Problems)
)]
async fn api_key_get(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<ApiKey>,
) -> Result<ApiKeyView, Problem> {
    Ok(View(api.control.api_key_get(&call, id).await?))
}

actions! {
    ApiKey, id ApiKeyId, view ApiKeyView, tag "API keys",
    api_key_revoke "/{id}/revoke" "Refuses an API key from its next request on.",
}

/// Makes a key that replaces this one, with the same roles and expiry; this one goes on working for the grace period.
#[utoipa::path(
    post, path = "/{id}/rotate", tag = "API keys", request_body = Option<RotateInput>,
    params(("id" = ApiKeyId, Path), IfMatchHeader, IdempotencyHeader),
    responses((status = 201, body = NewApiKey, headers(("Location" = String), ("ETag" = String))), Problems)
)]
async fn api_key_rotate(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<ApiKey>,
    IfMatch(if_match): IfMatch,
    input: Option<Body<RotateInput>>,
) -> Result<NewApiKey, Problem> {
    let seconds = input.map_or_else(a_day, |Body(input)| input.grace_seconds);
    let grace = SignedDuration::from_secs(seconds.into());
    let (key, secret) = api.control.api_key_rotate(&call, Target { id, if_match }, grace).await?;
    Ok(NewApiKey { resource: View(key), secret: Some(secret) })
}
