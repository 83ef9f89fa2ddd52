//! `/v1/provider/subscriptions`: who subscribed to what the tenant published.

use axum::extract::State;
use serde::Deserialize;
use switchtower_domain::{
    operation,
    subscription::{Subscription, SubscriptionId, SubscriptionStatus},
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        crud::{actions, reasoned},
        id::PathId,
        problem::Problems,
        query::{Checked, Params, check_limit, list_request},
        view::{PageView, View},
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(subscription_list))
        .routes(routes!(subscription_get))
        .routes(routes!(subscription_approve))
        .routes(routes!(subscription_reject))
        .routes(routes!(subscription_suspend))
        .routes(routes!(subscription_resume))
        .routes(routes!(subscription_cancel))
}

/// A subscription, as both sides see it.
pub type SubscriptionView = View<Subscription>;

/// A part of a list of subscriptions.
pub type SubscriptionPage = PageView<SubscriptionView>;

/// Which subscriptions are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SubscriptionListParams {
    /// How many items, 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// Where the part begins: `next_cursor` of the part before.
    cursor: Option<String>,
    /// Only those with this status, such as `pending`.
    status: Option<SubscriptionStatus>,
}

impl Checked for SubscriptionListParams {
    fn check(&self) -> Result<(), String> {
        check_limit(self.limit)
    }
}

/// Lists who subscribed to what the tenant published, oldest first.
#[utoipa::path(
    get, path = "/", tag = "subscriptions", params(SubscriptionListParams),
    responses((status = 200, body = SubscriptionPage), Problems)
)]
async fn subscription_list(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<SubscriptionListParams>,
) -> Result<SubscriptionPage, Problem> {
    let request = list_request(params.limit, params.cursor);
    Ok(api.control.subscription_list(&call, params.status, request).await?.into())
}

/// Gets a subscription to something that the tenant published.
#[utoipa::path(
    get, path = "/{id}", tag = "subscriptions", params(("id" = SubscriptionId, Path)),
    responses((status = 200, body = SubscriptionView, headers(("ETag" = String))), Problems)
)]
async fn subscription_get(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Subscription>,
) -> Result<SubscriptionView, Problem> {
    Ok(View(api.control.get(&call, &operation::subscription_get, id).await?))
}

actions! {
    Subscription, id SubscriptionId, view SubscriptionView, tag "subscriptions",
    subscription_approve "/{id}/approve" "Turns a `pending` subscription `active`.",
    subscription_resume "/{id}/resume" "Turns a `suspended` subscription `active` again.",
}
reasoned! {
    Subscription, id SubscriptionId, view SubscriptionView, tag "subscriptions",
    subscription_reject "/{id}/reject" "Refuses a `pending` subscription; the customer sees the reason, and may subscribe anew.",
    subscription_suspend "/{id}/suspend" "Stops an `active` subscription for a while; the customer sees the reason.",
    subscription_cancel "/{id}/cancel" "Ends a subscription for good; the customer sees the reason, and may subscribe anew.",
}
