//! `/v1/agent/queue-credentials`: access to the cluster's queue, for an hour.

use axum::{Json, extract::State};
use switchtower_protocol::queue::QueueCredentials;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{call::Known, problem::Problems, request::IdempotencyHeader},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(agent_queue_credentials))
}

/// Issues credentials that receive from the cluster's queue, and do nothing else.
#[utoipa::path(
    post, path = "/", tag = "agent", params(IdempotencyHeader),
    responses((status = 200, body = QueueCredentials), Problems)
)]
async fn agent_queue_credentials(
    State(api): State<Api>,
    Known(call): Known,
) -> Result<Json<QueueCredentials>, Problem> {
    let access = api.queue_access.as_deref().ok_or_else(|| Problem::unavailable("queue access is not set up"))?;
    Ok(Json(api.control.agent_queue_credentials(&call, access).await?))
}
