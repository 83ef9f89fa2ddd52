//! `/v1/provider/subscriptions`: who subscribed to what the tenant published.

use switchtower_domain::subscription::{Subscription, SubscriptionId, SubscriptionStatus};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    edge::{
        crud::{actions, get, list_by, reasoned},
        view::View,
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

get! {
    Subscription, id SubscriptionId, view SubscriptionView, tag "subscriptions",
    get subscription_get, "Gets a subscription to something that the tenant published."
}
list_by! {
    Subscription, view SubscriptionView, page SubscriptionPage, tag "subscriptions", list subscription_list,
    by status: SubscriptionStatus, "Only those with this status, such as `pending`.", params SubscriptionListParams,
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
