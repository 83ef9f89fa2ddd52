//! `/v1/operator/agents`: agents, as operators see them.

use axum::extract::State;
use http::StatusCode;
use switchtower_domain::{
    agent::{Agent, AgentId},
    cluster::ClusterId,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        crud::{actions, list_by},
        id::PathId,
        problem::Problems,
        view::View,
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(agent_list))
        .routes(routes!(agent_get, agent_delete))
        .routes(routes!(agent_revoke))
}

/// An agent as the API shows it.
pub type AgentView = View<Agent>;

list_by! {
    Agent, view AgentView, page AgentPage, tag "agents", list agent_list,
    by cluster_id: ClusterId, "Only the agents of this cluster.", params AgentListParams,
}

/// Gets an agent with its last heartbeat.
#[utoipa::path(
    get, path = "/{id}", tag = "agents", params(("id" = AgentId, Path)),
    responses((status = 200, body = AgentView, headers(("ETag" = String))), Problems)
)]
async fn agent_get(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Agent>,
) -> Result<AgentView, Problem> {
    Ok(View(api.control.agent_get(&call, id).await?))
}

/// Forgets an agent; it is refused from its next request on, and what it applied stays.
#[utoipa::path(
    delete, path = "/{id}", tag = "agents", params(("id" = AgentId, Path)),
    responses((status = 204), Problems)
)]
async fn agent_delete(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Agent>,
) -> Result<StatusCode, Problem> {
    api.control.agent_delete(&call, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

actions! {
    Agent, id AgentId, view AgentView, tag "agents",
    agent_revoke "/{id}/revoke" "Refuses an agent from its next request on; what it applied stays.",
}
