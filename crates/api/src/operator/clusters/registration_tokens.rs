//! `/v1/operator/clusters/{id}/registration-tokens`: tokens that register one agent each.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use switchtower_domain::{
    cluster::{Cluster, ClusterId},
    registration_token::{RegistrationToken, RegistrationTokenId},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        id::{PartId, PathId},
        problem::Problems,
        query::{ListParams, Params},
        request::IdempotencyHeader,
        view::{PageView, View},
    },
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(registration_token_issue, registration_token_list))
        .routes(routes!(registration_token_revoke))
}

type TokenView = View<RegistrationToken>;
type TokenPage = PageView<TokenView>;

/// A token with its secret.
#[derive(Serialize, ToSchema)]
struct IssuedToken {
    /// The token.
    #[serde(flatten)]
    #[schema(value_type = TokenView)]
    resource: TokenView,
    /// The secret that the agent registers with. It is shown this once; `null` when the answer is repeated.
    token: Option<String>,
}

/// Issues a registration token: one use, 30 minutes, this cluster.
#[utoipa::path(
    post, path = "/{id}/registration-tokens", tag = "registration tokens",
    params(("id" = ClusterId, Path), IdempotencyHeader),
    responses((status = 201, body = IssuedToken, headers(("Location" = String))), Problems)
)]
async fn registration_token_issue(
    State(api): State<Api>,
    Known(call): Known,
    PathId(cluster): PathId<Cluster>,
) -> Result<Response, Problem> {
    let (resource, secret) = api.control.registration_token_issue(&call, cluster).await?;
    let location = format!("/v1/operator/clusters/{cluster}/registration-tokens/{}", resource.id);
    let issued = IssuedToken { resource: View(resource), token: Some(secret) };
    let mut response = (StatusCode::CREATED, Json(issued)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Lists a cluster's registration tokens, oldest first, without their secrets.
#[utoipa::path(
    get, path = "/{id}/registration-tokens", tag = "registration tokens",
    params(("id" = ClusterId, Path), ListParams),
    responses((status = 200, body = TokenPage), Problems)
)]
async fn registration_token_list(
    State(api): State<Api>,
    Known(call): Known,
    PathId(cluster): PathId<Cluster>,
    Params(params): Params<ListParams>,
) -> Result<TokenPage, Problem> {
    Ok(api.control.registration_token_list(&call, cluster, params.into()).await?.into())
}

/// Withdraws a registration token.
#[utoipa::path(
    delete, path = "/{id}/registration-tokens/{part_id}", tag = "registration tokens",
    params(("id" = ClusterId, Path), ("part_id" = RegistrationTokenId, Path)),
    responses((status = 204), Problems)
)]
async fn registration_token_revoke(
    State(api): State<Api>,
    Known(call): Known,
    PathId(cluster): PathId<Cluster>,
    PartId(token): PartId<RegistrationToken>,
) -> Result<StatusCode, Problem> {
    api.control.registration_token_revoke(&call, cluster, token).await?;
    Ok(StatusCode::NO_CONTENT)
}
