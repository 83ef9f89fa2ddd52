//! `/v1/customer/offers`: what a tenant may subscribe to.

use axum::{Json, extract::State};
use serde::Serialize;
use switchtower_control::resource::ListRequest;
use switchtower_domain::{
    name::Name,
    plan::{Plan, PlanId},
    product_publish::{ProductPublish, ProductPublishId},
    resource::Resource,
    subscription::Offer,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{AllOfBuilder, ObjectBuilder, RefOr, Schema},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        id::PathId,
        problem::Problems,
        query::{ListParams, Params},
        view::PageView,
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(offer_list)).routes(routes!(offer_get))
}

/// A part of a list of offers.
type OfferPage = PageView<Offer>;

/// An offer with its plans.
#[derive(Debug, Serialize, ToSchema)]
struct OfferDetail {
    #[serde(flatten)]
    offer: Offer,
    /// What a subscription chooses from; the first 100.
    plans: Vec<OfferedPlan>,
}

/// A plan, without who made it.
#[derive(Debug, Serialize)]
struct OfferedPlan {
    id: PlanId,
    name: Name,
    #[serde(flatten)]
    plan: Plan,
}

impl PartialSchema for OfferedPlan {
    fn schema() -> RefOr<Schema> {
        let own = ObjectBuilder::new()
            .property("id", PlanId::schema())
            .required("id")
            .property("name", Name::schema())
            .required("name")
            .description(Some("A plan, without who made it."));
        AllOfBuilder::new().item(own).item(Plan::schema()).into()
    }
}

impl ToSchema for OfferedPlan {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Plan::schemas(schemas);
    }
}

impl From<Resource<Plan>> for OfferedPlan {
    fn from(Resource { id, name, body, .. }: Resource<Plan>) -> Self {
        Self { id, name, plan: body }
    }
}

/// Lists what every tenant may subscribe to, oldest first. A part may be short before the end.
///
/// What a provider published for its own tenant only is not listed, and can be got by its id.
#[utoipa::path(
    get, path = "/", tag = "offers", params(ListParams),
    responses((status = 200, body = OfferPage), Problems)
)]
async fn offer_list(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<ListParams>,
) -> Result<OfferPage, Problem> {
    let listed = api.control.offer_list(&call, ListRequest::from(params)).await?;
    Ok(PageView::new(listed))
}

/// Gets an offer with its plans.
#[utoipa::path(
    get, path = "/{id}", tag = "offers", params(("id" = ProductPublishId, Path)),
    responses((status = 200, body = OfferDetail), Problems)
)]
async fn offer_get(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<ProductPublish>,
) -> Result<Json<OfferDetail>, Problem> {
    let (offer, plans) = api.control.offer_get(&call, id).await?;
    Ok(Json(OfferDetail { offer, plans: plans.into_iter().map(OfferedPlan::from).collect() }))
}
