//! `POST /v1/operator/deployments/{id}/abandon`: a removal that no agent will ever report is counted as done.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use switchtower_control::resource::Target;
use switchtower_domain::deployment::{Deployment, DeploymentId};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        body::Body,
        call::Known,
        deployments::DeploymentView,
        etag::{IfMatch, IfMatchHeader},
        id::PathId,
        problem::Problems,
        request::IdempotencyHeader,
        view::View,
    },
};

/// Why a removal is given up.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Abandonment {
    /// The reason, kept with the event.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(deployment_abandon))
}

/// Counts a withdrawn deployment as `removed` though no agent has reported so.
///
/// It is for clusters that are gone for good: the cluster must be `inactive`, or `pending` without ever having had an agent.
/// Its publish can be deleted then, and the cluster as well. Nothing is removed by that: what the agents left is still
/// there, and runs. An agent that comes back after all removes it, and reports so.
#[utoipa::path(
    post, path = "/{id}/abandon", tag = "cluster deployments", request_body = Option<Abandonment>,
    params(("id" = DeploymentId, Path), IfMatchHeader, IdempotencyHeader),
    responses((status = 200, body = DeploymentView, headers(("ETag" = String))), Problems)
)]
async fn deployment_abandon(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Deployment>,
    IfMatch(if_match): IfMatch,
    body: Option<Body<Abandonment>>,
) -> Result<DeploymentView, Problem> {
    let reason = body.as_ref().and_then(|Body(body)| body.reason.as_deref());
    Ok(View(api.control.deployment_abandon(&call, Target { id, if_match }, reason).await?))
}
