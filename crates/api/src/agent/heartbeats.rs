//! `/v1/agent/heartbeats`: agents say that they are there.

use axum::{Json, extract::State};
use switchtower_protocol::heartbeat::{Heartbeat, HeartbeatReply};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{body::Body, call::Known, problem::Problems, request::IdempotencyHeader},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(agent_heartbeat))
}

/// Takes note that the agent is there, and tells how often what is desired on its cluster has changed.
#[utoipa::path(
    post, path = "/", tag = "agent", request_body = Heartbeat, params(IdempotencyHeader),
    responses((status = 200, body = HeartbeatReply), Problems)
)]
async fn agent_heartbeat(
    State(api): State<Api>,
    Known(call): Known,
    Body(heartbeat): Body<Heartbeat>,
) -> Result<Json<HeartbeatReply>, Problem> {
    Ok(Json(api.control.agent_heartbeat(&call, heartbeat).await?))
}
