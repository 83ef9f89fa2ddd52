//! `/v1/provider/api-services`: API services, their routes and backends, and their import.

mod backends;
mod import;
mod parts;
mod routes;

use switchtower_domain::api_service::{ApiService, ApiServiceId, ApiServiceInput};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    edge::crud::{actions, crud, delete, list},
};

/// The most bytes of a body: what a function can be sent.
pub(crate) const MAX_BYTES: usize = 6 * 1024 * 1024;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(api_service_create, api_service_list))
        .routes(routes!(api_service_get, api_service_replace, api_service_patch, api_service_delete))
        .routes(routes!(api_service_activate))
        .routes(routes!(api_service_deactivate))
        .merge(import::routes())
        .merge(routes::routes())
        .merge(backends::routes())
}

crud! {
    ApiService, input ApiServiceInput, id ApiServiceId, view ApiServiceView, at "/v1/provider/api-services",
    tag "API services",
    create api_service_create, get api_service_get, replace api_service_replace, patch api_service_patch,
    edits "What is deployed stays as it is until it is published again.",
}
list! { ApiService, view ApiServiceView, page ApiServicePage, tag "API services", list api_service_list }
delete! { ApiService, id ApiServiceId, tag "API services", delete api_service_delete }
actions! {
    ApiService, id ApiServiceId, view ApiServiceView, tag "API services",
    api_service_activate "/{id}/activate" "Lets an API service be published. It needs a route.",
    api_service_deactivate "/{id}/deactivate" "Keeps an API service from being published; what is deployed stays.",
}
