//! `/v1/operator/agents`: agents, as operators see them.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use switchtower_domain::{
    agent::{Agent, AgentId},
    cluster::ClusterId,
    operation,
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        crud::actions,
        id::PathId,
        problem::Problems,
        query::{Checked, Params, check_limit, list_request},
        view::{PageView, View},
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
/// A part of a list of agents.
pub type AgentPage = PageView<AgentView>;

/// Which agents are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AgentListParams {
    /// How many items, 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// Where the part begins: `next_cursor` of the part before.
    cursor: Option<String>,
    /// Only the agents of this cluster.
    cluster_id: Option<ClusterId>,
}

impl Checked for AgentListParams {
    fn check(&self) -> Result<(), String> {
        check_limit(self.limit)
    }
}

/// Lists agents, oldest first.
#[utoipa::path(
    get, path = "/", tag = "agents", params(AgentListParams),
    responses((status = 200, body = AgentPage), Problems)
)]
async fn agent_list(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<AgentListParams>,
) -> Result<AgentPage, Problem> {
    let request = list_request(params.limit, params.cursor);
    let listed = match params.cluster_id {
        Some(cluster) => api.control.agent_list_by_cluster(&call, cluster, request).await?,
        None => api.control.list(&call, &operation::agent_list, request).await?,
    };
    Ok(listed.into())
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
