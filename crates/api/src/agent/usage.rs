//! `/v1/agent/usage`: how much traffic went through deployments.

use axum::{Json, extract::State};
use switchtower_protocol::usage::{UsageReceipt, UsageReport};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{body::Body, call::Known, problem::Problems, request::IdempotencyHeader},
};

/// The most bytes of a report: 100 hours of everything, with long names of clients.
pub(crate) const MAX_BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(agent_usage))
}

/// Takes hours of deployments, each as far as it has been counted. It takes the place of what the same run told of that
/// hour before, unless that was newer; telling the same again changes nothing.
///
/// `unknown` names deployments that the agent's cluster does not have: their numbers were not kept.
#[utoipa::path(
    post, path = "/", tag = "agent", request_body = UsageReport, params(IdempotencyHeader),
    responses((status = 200, body = UsageReceipt), Problems)
)]
async fn agent_usage(
    State(api): State<Api>,
    Known(call): Known,
    Body(report): Body<UsageReport>,
) -> Result<Json<UsageReceipt>, Problem> {
    Ok(Json(api.control.agent_usage(&call, report).await?))
}
