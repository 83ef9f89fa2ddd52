//! `/v1/provider/deployments`: what of the tenant's publishes runs where, for providers.

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, edge::deployments::deployment_routes};

deployment_routes! {
    tag "deployments", list deployment_list, get deployment_get, generations deployment_generation_list,
}
