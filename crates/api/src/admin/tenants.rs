//! `/v1/admin/tenants`: tenants, for those who run the installation.

use axum::extract::State;
use switchtower_domain::tenant::{Tenant, TenantId, TenantInput};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        body::Body,
        call::Known,
        crud::{actions, get, list},
        problem::Problems,
        request::IdempotencyHeader,
        view::{Created, View},
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(tenant_create, tenant_list))
        .routes(routes!(tenant_get))
        .routes(routes!(tenant_suspend))
        .routes(routes!(tenant_activate))
}

/// A tenant as the API shows it.
pub type TenantView = View<Tenant>;

/// Makes a tenant; its owner becomes its first `org-admin`.
#[utoipa::path(
    post, path = "/", tag = "tenants", request_body = TenantInput, params(IdempotencyHeader),
    responses((status = 201, body = TenantView, headers(("Location" = String), ("ETag" = String))), Problems)
)]
async fn tenant_create(
    State(api): State<Api>,
    Known(call): Known,
    Body(input): Body<TenantInput>,
) -> Result<Created<Tenant>, Problem> {
    let resource = api.control.tenant_create(&call, input).await?;
    Ok(Created { collection: "/v1/admin/tenants", resource })
}

get! { Tenant, id TenantId, view TenantView, tag "tenants", get tenant_get, "Gets a tenant." }
list! { Tenant, view TenantView, page TenantPage, tag "tenants", list tenant_list }
actions! {
    Tenant, id TenantId, view TenantView, tag "tenants",
    tenant_suspend "/{id}/suspend" "Refuses the requests of a tenant's users, keys and agents; its clusters keep what runs.",
    tenant_activate "/{id}/activate" "Answers a tenant's requests again.",
}
