//! `/v1/provider/plans`: what customers may choose of a product.

use axum::extract::State;
use serde::Deserialize;
use switchtower_domain::{
    plan::{Plan, PlanId, PlanInput},
    product::ProductId,
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        crud::{crud, delete},
        problem::Problems,
        query::{Checked, Params, check_limit, list_request},
        view::PageView,
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(plan_create, plan_list)).routes(routes!(
        plan_get,
        plan_replace,
        plan_patch,
        plan_delete
    ))
}

crud! {
    Plan, input PlanInput, id PlanId, view PlanView, at "/v1/provider/plans", tag "plans",
    create plan_create, get plan_get, replace plan_replace, patch plan_patch,
}
delete! { Plan, id PlanId, tag "plans", delete plan_delete }

/// A part of a list of plans.
pub type PlanPage = PageView<PlanView>;

/// Which plans are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PlanListParams {
    /// How many items, 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// Where the part begins: `next_cursor` of the part before.
    cursor: Option<String>,
    /// Only the plans of this product.
    product_id: Option<ProductId>,
}

impl Checked for PlanListParams {
    fn check(&self) -> Result<(), String> {
        check_limit(self.limit)
    }
}

/// Lists plans, oldest first.
#[utoipa::path(
    get, path = "/", tag = "plans", params(PlanListParams),
    responses((status = 200, body = PlanPage), Problems)
)]
async fn plan_list(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<PlanListParams>,
) -> Result<PlanPage, Problem> {
    let request = list_request(params.limit, params.cursor);
    Ok(api.control.plan_list(&call, params.product_id, request).await?.into())
}
