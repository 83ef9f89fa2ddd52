//! `/v1/operator/deployments`: what runs where, for operators.

use switchtower_domain::deployment::{Deployment, DeploymentId};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    edge::{crud::reasoned, deployments::deployment_routes},
};

deployment_routes! {
    tag "cluster deployments", list cluster_deployment_list, get cluster_deployment_get,
    generations cluster_deployment_generation_list,
    also OpenApiRouter::new().routes(routes!(deployment_abandon)),
}
reasoned! {
    Deployment, id DeploymentId, view DeploymentView, tag "cluster deployments",
    deployment_abandon "/{id}/abandon" "Counts a withdrawn deployment as `removed` though no agent has reported so."
        ""
        "It is for clusters that are gone for good: the cluster must be `inactive`, or `pending` without ever having had an agent."
        "Its publish can be deleted then, and the cluster as well. Nothing is removed by that: what the agents left is still there,"
        "and runs. An agent that comes back after all removes it, and reports so.",
}
