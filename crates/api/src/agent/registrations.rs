//! `/v1/agent/registrations`: how a program in a cluster becomes an agent.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use switchtower_protocol::registration::{Registration, RegistrationRequest};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{body::Body, call::Anyone, problem::Problems, request::IdempotencyHeader},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(agent_register))
}

/// Registers an agent with a registration token, which works once.
#[utoipa::path(
    post, path = "/", tag = "agent", request_body = RegistrationRequest, params(IdempotencyHeader), security(),
    responses((status = 201, body = Registration, headers(("Location" = String))), Problems)
)]
async fn agent_register(
    State(api): State<Api>,
    Anyone(context): Anyone,
    Body(request): Body<RegistrationRequest>,
) -> Result<Response, Problem> {
    let registration = api.control.agent_register(&context, &request).await?;
    let location = format!("/v1/operator/agents/{}", registration.agent_id);
    let mut response = (StatusCode::CREATED, Json(registration)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
