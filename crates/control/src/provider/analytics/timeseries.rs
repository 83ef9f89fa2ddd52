//! The time series: how much went through, step by step.

use jiff::Timestamp;
use serde::Serialize;
use switchtower_domain::{
    operation,
    usage::{Series, Step, Window},
};
use utoipa::ToSchema;

use super::{Unmeasured, UsageFilter, choose::unmeasured};
use crate::{Call, Control, Error};

/// How much went through, step by step.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsageTimeseries {
    /// Where the first step begins.
    pub from: Timestamp,
    /// Where the last step ends; it may be going on.
    pub to: Timestamp,
    /// How long a step is: 300, 3600 or 86400.
    pub step_seconds: i64,
    /// Every step, in the order of time.
    pub steps: Vec<Step>,
    /// Publishes whose traffic is not in these numbers.
    pub not_measured: Vec<Unmeasured>,
}

impl Control {
    /// How much went through, step by step.
    pub async fn analytics_timeseries(&self, call: &Call, filter: UsageFilter) -> Result<UsageTimeseries, Error> {
        let granted = call.authorize(&operation::analytics_timeseries)?;
        let now = call.context.now;
        let window = Window::of(filter.asked, now).map_err(Error::Query)?;
        let publishes = self.chosen_publishes(call, &granted, &filter).await?;
        let read = self.read_steps(&granted, publishes, window).await?;
        let mut sum = Series::new(window);
        read.iter().for_each(|(_, steps)| sum.add(&steps.series));
        let chosen: Vec<_> = read.into_iter().map(|(chosen, _)| chosen).collect();
        Ok(UsageTimeseries {
            from: window.from(),
            to: window.to(),
            step_seconds: window.step().seconds(),
            steps: sum.steps(now),
            not_measured: unmeasured(&chosen),
        })
    }
}
