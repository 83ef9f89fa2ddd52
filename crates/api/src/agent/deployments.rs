//! `/v1/agent/deployments`: what is desired on the agent's cluster.

use axum::{Json, extract::State};
use switchtower_domain::deployment::{Deployment, DeploymentId};
use switchtower_protocol::desired::{DesiredPage, DesiredState};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        id::PathId,
        problem::Problems,
        query::{ListParams, Params},
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(agent_deployment_list)).routes(routes!(agent_deployment_get))
}

/// Lists all that is desired on the agent's cluster, but for what was removed.
#[utoipa::path(
    get, path = "/", tag = "agent", params(ListParams), responses((status = 200, body = DesiredPage), Problems)
)]
async fn agent_deployment_list(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<ListParams>,
) -> Result<Json<DesiredPage>, Problem> {
    Ok(Json(api.control.agent_deployment_list(&call, params.into()).await?))
}

/// Gets a deployment on the agent's cluster with its snapshot.
#[utoipa::path(
    get, path = "/{id}", tag = "agent", params(("id" = DeploymentId, Path)),
    responses((status = 200, body = DesiredState), Problems)
)]
async fn agent_deployment_get(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Deployment>,
) -> Result<Json<DesiredState>, Problem> {
    Ok(Json(api.control.agent_deployment_get(&call, id).await?))
}
