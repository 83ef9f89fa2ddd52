//! `/v1/provider/policies`: what happens to requests beside going to a backend.

use std::borrow::Cow;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;
use switchtower_control::{provider::policies::Reaching, resource::Target};
use switchtower_domain::{
    api_service::ApiServiceId,
    policy::{Policy, PolicyId, PolicyInput},
    resource::Resource,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::AllOfBuilder},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        body::{Body, Patch},
        call::Known,
        crud::{delete, list_by},
        etag::{IfMatch, IfMatchHeader, etag},
        id::PathId,
        problem::Problems,
        request::IdempotencyHeader,
        view::{Created, Envelope, View},
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(policy_create, policy_list)).routes(routes!(
        policy_get,
        policy_replace,
        policy_patch,
        policy_delete
    ))
}

delete! { Policy, id PolicyId, tag "policies", delete policy_delete }

/// A policy in a list.
pub type PolicyView = View<Policy>;

/// A policy, and how many routes it is about.
#[derive(Debug, Serialize)]
pub struct PolicyReach {
    #[serde(flatten)]
    policy: Resource<Policy>,
    touched_routes: u64,
}

impl PartialSchema for PolicyReach {
    fn schema() -> RefOr<Schema> {
        let count = ObjectBuilder::new()
            .property("touched_routes", u64::schema())
            .required("touched_routes")
            .description(Some("How many routes its scope has now, whether it takes effect there or not."));
        AllOfBuilder::new().item(Envelope::schema()).item(Policy::schema()).item(count).into()
    }
}

impl ToSchema for PolicyReach {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("PolicyReach")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PolicyView::schemas(schemas);
    }
}

impl From<Reaching> for PolicyReach {
    fn from(reaching: Reaching) -> Self {
        Self { policy: reaching.policy, touched_routes: reaching.touched_routes }
    }
}

impl IntoResponse for PolicyReach {
    fn into_response(self) -> Response {
        let tag = etag(self.policy.revision);
        ([(header::ETAG, tag)], axum::Json(self)).into_response()
    }
}

list_by! {
    Policy, view PolicyView, page PolicyPage, tag "policies", list policy_list,
    by api_service_id: ApiServiceId, "Only the policies about this API service and its routes.", params PolicyListParams,
}

/// Adds one to the tenant's policies.
///
/// For each route and each type of policy, one takes effect: the one with the narrowest scope, then the one with the highest
/// priority. It reaches clusters when products are published again. `touched_routes` tells how many routes its scope has.
#[utoipa::path(
    post, path = "/", tag = "policies", request_body = PolicyInput, params(IdempotencyHeader),
    responses(
        (status = 201, body = PolicyReach, headers(("Location" = String), ("ETag" = String))),
        Problems
    )
)]
async fn policy_create(
    State(api): State<Api>,
    Known(call): Known,
    Body(input): Body<PolicyInput>,
) -> Result<Response, Problem> {
    let reach: PolicyReach = api.control.policy_create(&call, input).await?.into();
    let location = Created { collection: "/v1/provider/policies", resource: reach.policy.clone() }.into_response();
    let mut response = reach.into_response();
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().extend(location.headers().get(header::LOCATION).map(|at| (header::LOCATION, at.clone())));
    Ok(response)
}

/// Gets one of the tenant's policies.
#[utoipa::path(
    get, path = "/{id}", tag = "policies", params(("id" = PolicyId, Path)),
    responses((status = 200, body = PolicyReach, headers(("ETag" = String))), Problems)
)]
async fn policy_get(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Policy>,
) -> Result<PolicyReach, Problem> {
    Ok(api.control.policy_get(&call, Target::any(id)).await?.into())
}

/// Replaces one of the tenant's policies: everything that callers may edit.
///
/// What is deployed stays as it is until it is published again. After a change of scope, `touched_routes` tells how many
/// routes it is about now.
#[utoipa::path(
    put, path = "/{id}", tag = "policies", request_body = PolicyInput,
    params(("id" = PolicyId, Path), IfMatchHeader),
    responses((status = 200, body = PolicyReach, headers(("ETag" = String))), Problems)
)]
async fn policy_replace(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Policy>,
    IfMatch(if_match): IfMatch,
    Body(input): Body<PolicyInput>,
) -> Result<PolicyReach, Problem> {
    Ok(api.control.policy_replace(&call, Target { id, if_match }, input).await?.into())
}

/// Edits one of the tenant's policies with a JSON Merge Patch.
///
/// What is deployed stays as it is until it is published again. After a change of scope, `touched_routes` tells how many
/// routes it is about now. Another type is another key in `spec`: set the old one to `null`.
#[utoipa::path(
    patch, path = "/{id}", tag = "policies",
    request_body(content(
        (serde_json::Map<String, serde_json::Value> = "application/merge-patch+json"),
        (serde_json::Map<String, serde_json::Value> = "application/json"),
    )),
    params(("id" = PolicyId, Path), IfMatchHeader),
    responses((status = 200, body = PolicyReach, headers(("ETag" = String))), Problems)
)]
async fn policy_patch(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<Policy>,
    IfMatch(if_match): IfMatch,
    patch: Patch,
) -> Result<PolicyReach, Problem> {
    let target = Target { id, if_match };
    Ok(api.control.policy_patch(&call, target, |input| patch.apply(&input)).await?.into())
}
