//! `/v1/customer/subscriptions`: a tenant's own subscriptions to what others, or itself, published.

use axum::extract::State;
use switchtower_domain::subscription::{Subscription, SubscriptionId, SubscriptionInput};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        body::Body,
        call::Known,
        crud::reasoned,
        id::PathId,
        problem::Problems,
        query::{ListParams, Params},
        request::IdempotencyHeader,
        view::{Created, View},
    },
    provider::subscriptions::{SubscriptionPage, SubscriptionView},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(customer_subscription_create, customer_subscription_list))
        .routes(routes!(customer_subscription_get))
        .routes(routes!(customer_subscription_cancel))
}

/// Subscribes to an offer.
///
/// It is `active` at once, unless the offer says `approval_required`; then it is `pending` until its provider decides. A tenant has one
/// subscription to an offer at a time. `tenant_id` in the answer is the provider's.
#[utoipa::path(
    post, path = "/", tag = "customer subscriptions", request_body = SubscriptionInput, params(IdempotencyHeader),
    responses((status = 201, body = SubscriptionView, headers(("Location" = String), ("ETag" = String))), Problems)
)]
async fn customer_subscription_create(
    State(api): State<Api>,
    Known(call): Known,
    Body(input): Body<SubscriptionInput>,
) -> Result<Created<Subscription>, Problem> {
    let resource = api.control.customer_subscription_create(&call, input).await?;
    Ok(Created { collection: "/v1/customer/subscriptions", resource })
}

/// Lists the tenant's own subscriptions, oldest first.
#[utoipa::path(
    get, path = "/", tag = "customer subscriptions", params(ListParams),
    responses((status = 200, body = SubscriptionPage), Problems)
)]
async fn customer_subscription_list(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<ListParams>,
) -> Result<SubscriptionPage, Problem> {
    Ok(api.control.customer_subscription_list(&call, params.into()).await?.into())
}

/// Gets one of the tenant's own subscriptions.
#[utoipa::path(
    get, path = "/{id}", tag = "customer subscriptions", params(("id" = SubscriptionId, Path)),
    responses((status = 200, body = SubscriptionView, headers(("ETag" = String))), Problems)
)]
async fn customer_subscription_get(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Subscription>,
) -> Result<SubscriptionView, Problem> {
    Ok(View(api.control.customer_subscription_get(&call, id).await?))
}

reasoned! {
    Subscription, id SubscriptionId, view SubscriptionView, tag "customer subscriptions",
    customer_subscription_cancel "/{id}/cancel" "Ends one of the tenant's own subscriptions for good; it may subscribe anew.",
}
