//! `/v1/provider/api-services/{id}/backends`: where an API service's requests go.

use switchtower_domain::{
    api_service::{Backend, BackendInput},
    id::BackendId,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::parts::part_routes;
use crate::Api;

part_routes! {
    Backend, input BackendInput, id BackendId, at "/{id}/backends", one "/{id}/backends/{part_id}", tag "backends",
    list backend_list, create backend_create, get backend_get, replace backend_replace, delete backend_delete,
}
