//! Analytics: what went through publishes, as agents told it.
//!
//! ```text
//!   filter ──▶ publishes ──┬──▶ their clusters: do agents count there?
//!                          └──▶ rows of each deployment, some at once ──▶ added up by step, or by client
//! ```
//!
//! INVARIANT: an answer is about everything that was asked for. What would be too much to read is refused, never cut.

mod choose;
mod read;
mod summary;
mod timeseries;
mod top_consumers;

use serde::Serialize;
use switchtower_domain::{
    field::FieldErrors,
    product::ProductId,
    product_publish::ProductPublishId,
    usage::{Asked, NotMeasured},
};
use utoipa::ToSchema;

pub use self::{
    summary::{PublishUsage, UsageSummary},
    timeseries::UsageTimeseries,
    top_consumers::TopConsumers,
};
use crate::Error;

/// What is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct UsageFilter {
    /// When.
    pub asked: Asked,
    /// Only this publish.
    pub product_publish_id: Option<ProductPublishId>,
    /// Only publishes of this product.
    pub product_id: Option<ProductId>,
}

/// A publish whose traffic is not known, or not now: zero does not mean that there was none.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unmeasured {
    /// The publish.
    pub product_publish_id: ProductPublishId,
    /// Why it is not measured.
    pub reason: NotMeasured,
    /// The same in a sentence.
    pub detail: &'static str,
}

/// The refusal of what cannot be added up at once.
fn too_much(what: &str) -> Error {
    let detail = format!("{what}. Name a `product_publish_id`, or ask for a shorter time.");
    Error::Query(FieldErrors::one("?product_publish_id", "too_much_usage", detail))
}
