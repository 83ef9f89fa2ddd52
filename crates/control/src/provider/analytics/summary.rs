//! The summary: how much went through, in all and of each publish.

use jiff::Timestamp;
use serde::Serialize;
use switchtower_domain::{
    cluster::ClusterId,
    name::Name,
    operation,
    product::ProductId,
    product_publish::{Environment, ProductPublishId},
    usage::{Figures, NotMeasured, Totals, Window},
};
use utoipa::ToSchema;

use super::{UsageFilter, choose::Chosen, read::Steps};
use crate::{Call, Control, Error};

/// How much went through.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsageSummary {
    /// Where the time begins.
    pub from: Timestamp,
    /// Before what it ends; it may be going on.
    pub to: Timestamp,
    /// All publishes together.
    #[serde(flatten)]
    pub figures: Figures,
    /// Each of them, oldest first; at most 100.
    pub publishes: Vec<PublishUsage>,
}

/// How much went through a publish.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublishUsage {
    /// The publish.
    pub product_publish_id: ProductPublishId,
    /// Its name.
    pub name: Name,
    /// Its product.
    pub product_id: ProductId,
    /// Its cluster.
    pub cluster_id: ClusterId,
    /// What it is for.
    pub environment: Environment,
    /// Whether its traffic is counted. If not, zero does not mean that there was none.
    pub measured: bool,
    /// Why not.
    pub reason: Option<NotMeasured>,
    /// The same in a sentence.
    pub detail: Option<&'static str>,
    /// When an agent last told of requests in that time; null when none did.
    pub last_reported_at: Option<Timestamp>,
    /// What went through.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Control {
    /// How much went through, in all and of each publish.
    pub async fn analytics_summary(&self, call: &Call, filter: UsageFilter) -> Result<UsageSummary, Error> {
        let granted = call.authorize(&operation::analytics_summary)?;
        let window = Window::of(filter.asked, call.context.now).map_err(Error::Query)?;
        let publishes = self.chosen_publishes(call, &granted, &filter).await?;
        let mut total = Totals::default();
        let mut each = Vec::new();
        for (chosen, steps) in self.read_steps(&granted, publishes, window).await? {
            let own = steps.series.total();
            total.add(&own);
            each.push(publish_usage(chosen, &steps, &own));
        }
        Ok(UsageSummary { from: window.from(), to: window.to(), figures: Figures::from(&total), publishes: each })
    }
}

fn publish_usage(Chosen { publish, not_measured }: Chosen, steps: &Steps, total: &Totals) -> PublishUsage {
    PublishUsage {
        product_publish_id: publish.id,
        name: publish.name,
        product_id: publish.body.product_id,
        cluster_id: publish.body.cluster_id,
        environment: publish.body.settings.environment,
        measured: not_measured.is_none(),
        reason: not_measured,
        detail: not_measured.map(NotMeasured::detail),
        last_reported_at: steps.last_reported_at,
        figures: Figures::from(total),
    }
}
