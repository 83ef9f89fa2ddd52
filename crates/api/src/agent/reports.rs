//! `/v1/agent/reports`: what became of generations in a cluster.

use axum::{Json, extract::State};
use switchtower_protocol::report::{Report, ReportReceipt};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{body::Body, call::Known, problem::Problems, request::IdempotencyHeader},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(agent_report))
}

/// Takes a report on a generation of a deployment. One that comes too late changes nothing; the answer tells what is newer.
#[utoipa::path(
    post, path = "/", tag = "agent", request_body = Report, params(IdempotencyHeader),
    responses((status = 200, body = ReportReceipt), Problems)
)]
async fn agent_report(
    State(api): State<Api>,
    Known(call): Known,
    Body(report): Body<Report>,
) -> Result<Json<ReportReceipt>, Problem> {
    Ok(Json(api.control.agent_report(&call, report).await?))
}
