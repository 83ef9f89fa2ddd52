//! `/v1/provider/plans`: what customers may choose of a product.

use switchtower_domain::{
    plan::{Plan, PlanId, PlanInput},
    product::ProductId,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    edge::crud::{crud, delete, list_by},
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
list_by! {
    Plan, view PlanView, page PlanPage, tag "plans", list plan_list,
    by product_id: ProductId, "Only the plans of this product.", params PlanListParams,
}
