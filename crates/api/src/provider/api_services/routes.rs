//! `/v1/provider/api-services/{id}/routes`: which requests an API service answers.

use switchtower_domain::{
    api_service::{Route, RouteInput},
    id::RouteId,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::parts::part_routes;
use crate::Api;

part_routes! {
    Route, input RouteInput, id RouteId, at "/{id}/routes", one "/{id}/routes/{part_id}", tag "routes",
    list route_list, create route_create, get route_get, replace route_replace, delete route_delete,
}
