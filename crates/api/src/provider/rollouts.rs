//! `/v1/provider/rollouts`: a product goes to many clusters, in waves.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use switchtower_control::resource::Target;
use switchtower_domain::rollout::{Rollout, RolloutId, RolloutInput};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        body::Body,
        call::Known,
        crud::{actions, delete, get, list, reasoned},
        etag::{IfMatch, IfMatchHeader},
        id::PathId,
        problem::Problems,
        request::IdempotencyHeader,
        view::{Created, View},
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(rollout_create, rollout_list))
        .routes(routes!(rollout_get, rollout_delete))
        .routes(routes!(rollout_start))
        .routes(routes!(rollout_pause))
        .routes(routes!(rollout_resume))
        .routes(routes!(rollout_abort))
}

/// A rollout, as the API shows it.
pub type RolloutView = View<Rollout>;

/// How a rollout is aborted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AbortInput {
    /// Whether the clusters that were published to go back to what was there before.
    rollback: bool,
    /// The reason, shown with the rollout.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// Publishes a product to many clusters, in waves.
///
/// Which clusters these are is decided now: those of `clusters.ids`, or those that have the labels of
/// `clusters.selector.match_labels`; at most 100. Each wave is published to at once; when each of its clusters is ready, has failed or is
/// offline, and `wait_seconds` have passed, the next one begins. When more clusters than `failure_threshold` allows have failed or are
/// degraded, the rollout stops as `failed`.
///
/// A cluster whose agents are silent holds nobody up: it is published to, counts as `offline`, and follows when it is back. One in
/// maintenance is `skipped`. Only one rollout at a time publishes a product in an environment.
#[utoipa::path(
    post, path = "/", tag = "rollouts", request_body = RolloutInput, params(IdempotencyHeader),
    responses((status = 201, body = RolloutView, headers(("Location" = String), ("ETag" = String))), Problems)
)]
async fn rollout_create(
    State(api): State<Api>,
    Known(call): Known,
    Body(input): Body<RolloutInput>,
) -> Result<Created<Rollout>, Problem> {
    let resource = api.control.rollout_create(&call, input).await?;
    Ok(Created { collection: "/v1/provider/rollouts", resource })
}

get! {
    Rollout, id RolloutId, view RolloutView, tag "rollouts",
    get rollout_get, "Gets a rollout: `counts` tells how many clusters stand how, `targets` how each of them does."
}
list! { Rollout, view RolloutView, page RolloutPage, tag "rollouts", list rollout_list }
delete! { Rollout, id RolloutId, tag "rollouts", delete rollout_delete }
actions! {
    Rollout, id RolloutId, view RolloutView, tag "rollouts",
    rollout_start "/{id}/start" "Begins a `pending` rollout with its first wave.",
    rollout_resume "/{id}/resume" "Goes on with a rollout where it was paused.",
}

reasoned! {
    Rollout, id RolloutId, view RolloutView, tag "rollouts",
    rollout_pause "/{id}/pause" "Publishes to no more clusters until the rollout is resumed; what was published goes on becoming ready.",
}

/// Ends a rollout, also one that `failed`.
///
/// With `rollback`, it is `rolling_back` until each cluster that it published to went back to the generation that was
/// desired before, as a new generation, or was withdrawn from, when nothing was. What somebody else published or withdrew there since is
/// left alone. Without, what was published stays.
#[utoipa::path(
    post, path = "/{id}/abort", tag = "rollouts", request_body = AbortInput,
    params(("id" = RolloutId, Path), IfMatchHeader, IdempotencyHeader),
    responses((status = 200, body = RolloutView, headers(("ETag" = String))), Problems)
)]
async fn rollout_abort(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Rollout>,
    IfMatch(if_match): IfMatch,
    Body(body): Body<AbortInput>,
) -> Result<RolloutView, Problem> {
    let target = Target { id, if_match };
    Ok(View(api.control.rollout_abort(&call, target, body.rollback, body.reason).await?))
}
