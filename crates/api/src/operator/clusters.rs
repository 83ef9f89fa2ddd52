//! `/v1/operator/clusters`: clusters, their states and their registration tokens.

mod registration_tokens;

use switchtower_domain::cluster::{Cluster, ClusterId, ClusterInput};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    edge::crud::{actions, crud, delete, list},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(cluster_create, cluster_list))
        .routes(routes!(cluster_get, cluster_replace, cluster_patch, cluster_delete))
        .routes(routes!(cluster_maintenance))
        .routes(routes!(cluster_activate))
        .merge(registration_tokens::routes())
}

crud! {
    Cluster, input ClusterInput, id ClusterId, view ClusterView, at "/v1/operator/clusters", tag "clusters",
    create cluster_create, get cluster_get, replace cluster_replace, patch cluster_patch,
}
list! { Cluster, view ClusterView, page ClusterPage, tag "clusters", list cluster_list }
delete! { Cluster, id ClusterId, tag "clusters", delete cluster_delete }
actions! {
    Cluster, id ClusterId, view ClusterView, tag "clusters",
    cluster_maintenance "/{id}/maintenance" "Stops new deployments to a cluster; what runs stays.",
    cluster_activate "/{id}/activate" "Lets deployments reach a cluster again.",
}
