//! `/v1/operator/deployments`: what runs where, for operators.

mod abandon;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, edge::deployments::deployment_routes};

deployment_routes! {
    tag "cluster deployments", list cluster_deployment_list, get cluster_deployment_get,
    generations cluster_deployment_generation_list,
    also abandon::routes(),
}
