//! `/v1/provider/analytics`: what went through the tenant's publishes, as agents counted it.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Deserialize;
use switchtower_control::provider::analytics::{TopConsumers, UsageFilter, UsageSummary, UsageTimeseries};
use switchtower_domain::{
    product::ProductId,
    product_publish::ProductPublishId,
    usage::{Asked, Range},
};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        problem::Problems,
        query::{Checked, Params, check_limit},
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(analytics_summary))
        .routes(routes!(analytics_timeseries))
        .routes(routes!(analytics_top_consumers))
}

/// What is looked at, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AnalyticsParams {
    /// The time up to now; `24h` when `from` is left out as well.
    #[param(inline)]
    range: Option<Range>,
    /// Where the time begins (RFC 3339), in place of `range`: at most 366 days ago.
    from: Option<Timestamp>,
    /// Before what it ends (RFC 3339); now when left out.
    to: Option<Timestamp>,
    /// Only this publish.
    product_publish_id: Option<ProductPublishId>,
    /// Only publishes of this product.
    product_id: Option<ProductId>,
}

/// What is looked at, when, and how many clients are told.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TopConsumersParams {
    /// How many clients at most, 1 to 100; 10 when left out.
    #[param(minimum = 1, maximum = 100, default = 10)]
    limit: Option<u32>,
    /// The time up to now; `24h` when `from` is left out as well.
    #[param(inline)]
    range: Option<Range>,
    /// Where the time begins (RFC 3339), in place of `range`: at most 31 days ago.
    from: Option<Timestamp>,
    /// Before what it ends (RFC 3339); now when left out.
    to: Option<Timestamp>,
    /// Only this publish.
    product_publish_id: Option<ProductPublishId>,
    /// Only publishes of this product.
    product_id: Option<ProductId>,
}

impl Checked for AnalyticsParams {}

impl Checked for TopConsumersParams {
    fn check(&self) -> Result<(), String> {
        check_limit(self.limit)
    }
}

impl From<AnalyticsParams> for UsageFilter {
    fn from(params: AnalyticsParams) -> Self {
        let AnalyticsParams { range, from, to, product_publish_id, product_id } = params;
        Self { asked: Asked { range, from, to }, product_publish_id, product_id }
    }
}

/// Tells how much went through, in all and of each publish.
///
/// The time is widened to whole steps, as in the time series. Without a filter it is about all publishes of the tenant.
/// `measured` tells whether a publish's traffic is counted at all. Agents tell every few minutes, and what was told a moment
/// ago may not be in the numbers yet.
#[utoipa::path(
    get, path = "/summary", tag = "analytics", params(AnalyticsParams),
    responses((status = 200, body = UsageSummary), Problems)
)]
async fn analytics_summary(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<AnalyticsParams>,
) -> Result<Json<UsageSummary>, Problem> {
    Ok(Json(api.control.analytics_summary(&call, params.into()).await?))
}

/// Tells how much went through, step by step; steps without requests are there as well.
///
/// A step is 5 minutes long for up to 6 hours, an hour for up to 7 days, and a day (UTC) above. Of what is more than 31 days
/// ago, no 5 minutes are kept.
#[utoipa::path(
    get, path = "/timeseries", tag = "analytics", params(AnalyticsParams),
    responses((status = 200, body = UsageTimeseries), Problems)
)]
async fn analytics_timeseries(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<AnalyticsParams>,
) -> Result<Json<UsageTimeseries>, Problem> {
    Ok(Json(api.control.analytics_timeseries(&call, params.into()).await?))
}

/// Tells which clients asked for the most, in whole hours.
#[utoipa::path(
    get, path = "/top-consumers", tag = "analytics", params(TopConsumersParams),
    responses((status = 200, body = TopConsumers), Problems)
)]
async fn analytics_top_consumers(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<TopConsumersParams>,
) -> Result<Json<TopConsumers>, Problem> {
    let TopConsumersParams { limit, range, from, to, product_publish_id, product_id } = params;
    let filter = UsageFilter { asked: Asked { range, from, to }, product_publish_id, product_id };
    let limit = usize::try_from(limit.unwrap_or(10)).unwrap_or(10);
    Ok(Json(api.control.analytics_top_consumers(&call, filter, limit).await?))
}
