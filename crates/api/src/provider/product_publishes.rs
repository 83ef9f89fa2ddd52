//! `/v1/provider/product-publishes`: the intent that a product runs on exactly one cluster.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use switchtower_control::{provider::product_publishes::preview::Preview, resource::Target};
use switchtower_domain::{
    cluster::ClusterId,
    deployment::Generation,
    product_publish::{ProductPublish, ProductPublishId, ProductPublishInput},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        body::Body,
        call::Known,
        crud::{crud, delete, list_by},
        etag::{IfMatch, IfMatchHeader},
        id::PathId,
        problem::Problems,
        reason::{Reason, reason},
        request::IdempotencyHeader,
        view::View,
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(product_publish_create, product_publish_list))
        .routes(routes!(product_publish_get, product_publish_replace, product_publish_patch, product_publish_delete))
        .routes(routes!(product_publish_preview))
        .routes(routes!(product_publish_publish))
        .routes(routes!(product_publish_rollback))
        .routes(routes!(product_publish_withdraw))
}

crud! {
    ProductPublish, input ProductPublishInput, id ProductPublishId, view ProductPublishView,
    at "/v1/provider/product-publishes", tag "product publishes",
    create product_publish_create, get product_publish_get, replace product_publish_replace,
    patch product_publish_patch,
    edits "Only a `draft` can be edited.",
}
delete! { ProductPublish, id ProductPublishId, tag "product publishes", delete product_publish_delete }

list_by! {
    ProductPublish, view ProductPublishView, page ProductPublishPage, tag "product publishes", list product_publish_list,
    by cluster_id: ClusterId, "Only the publishes to this cluster.", params PublishListParams,
}

/// Where to go back to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rollback {
    /// A generation of the publish's deployment that was `present`.
    generation: Generation,
    /// The reason, kept with the new generation.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// Tells what publishing would put in the cluster, and how that differs from what is deployed. Nothing changes.
///
/// What a cluster could not serve is `not_publishable`, as it would be when published.
#[utoipa::path(
    post, path = "/{id}/preview", tag = "product publishes",
    params(("id" = ProductPublishId, Path), IfMatchHeader, IdempotencyHeader),
    responses((status = 200, body = Preview), Problems)
)]
async fn product_publish_preview(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<ProductPublish>,
    IfMatch(if_match): IfMatch,
) -> Result<Json<Preview>, Problem> {
    Ok(Json(api.control.product_publish_preview(&call, Target { id, if_match }).await?))
}

/// Deploys what an old generation had, as a new generation. Nothing else changes: product, API services and settings of the
/// publish stay as they are.
///
/// `GET /v1/provider/deployments/{id}/generations` lists the generations. Publishing again deploys what the product is
/// then.
#[utoipa::path(
    post, path = "/{id}/rollback", tag = "product publishes", request_body = Rollback,
    params(("id" = ProductPublishId, Path), IfMatchHeader, IdempotencyHeader),
    responses((status = 200, body = ProductPublishView, headers(("ETag" = String))), Problems)
)]
async fn product_publish_rollback(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<ProductPublish>,
    IfMatch(if_match): IfMatch,
    Body(body): Body<Rollback>,
) -> Result<ProductPublishView, Problem> {
    let (target, doorbells, why) = (Target { id, if_match }, api.doorbells.as_ref(), body.reason.as_deref());
    Ok(View(api.control.product_publish_rollback(&call, doorbells, target, body.generation, why).await?))
}

/// Deploys the product as it is now to the publish's cluster.
///
/// Product, gateway template and API services must be `active`, and the cluster must not be in maintenance. What is
/// deployed is frozen: later edits reach the cluster when it is published again, which a `published` one may be. When nothing
/// that matters in the cluster has changed, publishing again makes no new generation and answers what is there.
/// `deployment_id` leads to what became of it.
///
/// What a cluster could not serve is `not_publishable`; the pointers in `errors` are kind, id and field, such as
/// `/route/rte_01k2…/path/value`.
#[utoipa::path(
    post, path = "/{id}/publish", tag = "product publishes", request_body = Option<Reason>,
    params(("id" = ProductPublishId, Path), IfMatchHeader, IdempotencyHeader),
    responses((status = 200, body = ProductPublishView, headers(("ETag" = String))), Problems)
)]
async fn product_publish_publish(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<ProductPublish>,
    IfMatch(if_match): IfMatch,
    body: Option<Body<Reason>>,
) -> Result<ProductPublishView, Problem> {
    let (target, doorbells) = (Target { id, if_match }, api.doorbells.as_ref());
    Ok(View(api.control.product_publish_publish(&call, doorbells, target, reason(body.as_ref())).await?))
}

/// Takes the product off the publish's cluster; its deployment is `removed` once an agent has reported so.
#[utoipa::path(
    post, path = "/{id}/withdraw", tag = "product publishes", request_body = Option<Reason>,
    params(("id" = ProductPublishId, Path), IfMatchHeader, IdempotencyHeader),
    responses((status = 200, body = ProductPublishView, headers(("ETag" = String))), Problems)
)]
async fn product_publish_withdraw(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<ProductPublish>,
    IfMatch(if_match): IfMatch,
    body: Option<Body<Reason>>,
) -> Result<ProductPublishView, Problem> {
    let (target, doorbells) = (Target { id, if_match }, api.doorbells.as_ref());
    Ok(View(api.control.product_publish_withdraw(&call, doorbells, target, reason(body.as_ref())).await?))
}
