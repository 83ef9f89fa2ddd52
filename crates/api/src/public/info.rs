//! `/v1/public`: health, version and the OpenAPI document.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::header;
use serde::Serialize;
use switchtower_domain::gateway::{GatewayClass, GatewayClassInfo};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, edge::problem::Problems, openapi};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(health_get))
        .routes(routes!(version_get))
        .routes(routes!(openapi_get))
        .routes(routes!(gateway_class_list))
}

/// How the API is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`, when it answers at all.
    #[schema(pattern = "^ok$")]
    status: &'static str,
}

/// What runs.
#[derive(Serialize, ToSchema)]
struct Version {
    /// The version.
    version: &'static str,
    /// The commit that it was built from, when that was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'static str>,
}

/// Tells that the API answers.
#[utoipa::path(get, path = "/health", tag = "public", responses((status = 200, body = Health), Problems))]
async fn health_get() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Tells which version runs.
#[utoipa::path(get, path = "/version", tag = "public", responses((status = 200, body = Version), Problems))]
async fn version_get() -> Json<Version> {
    let commit = option_env!("SWITCHTOWER_COMMIT").filter(|commit| !commit.is_empty());
    Json(Version { version: env!("CARGO_PKG_VERSION"), commit })
}

/// What gateway classes there are.
#[derive(Serialize, ToSchema)]
struct GatewayClasses {
    /// The classes.
    items: Vec<GatewayClassInfo>,
}

/// Lists the gateway classes with what each of them can do.
///
/// What a class cannot do is refused when it is asked for, with the field and the same sentence.
#[utoipa::path(
    get, path = "/gateway-classes", tag = "public", responses((status = 200, body = GatewayClasses), Problems)
)]
async fn gateway_class_list() -> Json<GatewayClasses> {
    Json(GatewayClasses { items: GatewayClass::ALL.map(GatewayClass::info).to_vec() })
}

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "public",
    responses((status = 200, description = "The OpenAPI 3.1 document", body = serde_json::Map<String, serde_json::Value>), Problems)
)]
async fn openapi_get() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, openapi::TEXT).into_response()
}
