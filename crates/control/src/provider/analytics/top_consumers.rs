//! Top consumers: who asked for the most.

use jiff::Timestamp;
use serde::Serialize;
use switchtower_domain::{
    operation,
    usage::{Consumer, Window},
};
use utoipa::ToSchema;

use super::{Unmeasured, UsageFilter, choose::unmeasured, read::ByClient};
use crate::{Call, Control, Error};

/// Who asked for the most.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TopConsumers {
    /// Where the time begins: a whole hour.
    pub from: Timestamp,
    /// Before what it ends: a whole hour, which may be going on.
    pub to: Timestamp,
    /// How many requests there were, those of unknown clients included.
    pub requests: u64,
    /// The clients, most requests first. Agents tell the 50 of each hour that asked for the most.
    pub items: Vec<Consumer>,
    /// Publishes whose traffic is not in these numbers.
    pub not_measured: Vec<Unmeasured>,
}

impl Control {
    /// Who asked for the most: at most `limit` clients.
    pub async fn analytics_top_consumers(
        &self,
        call: &Call,
        filter: UsageFilter,
        limit: usize,
    ) -> Result<TopConsumers, Error> {
        let granted = call.authorize(&operation::analytics_top_consumers)?;
        let window = Window::hourly(filter.asked, call.context.now).map_err(Error::Query)?;
        let publishes = self.chosen_publishes(call, &granted, &filter).await?;
        let (mut chosen, mut sum) = (Vec::new(), ByClient::default());
        for (one, read) in self.read_clients(&granted, publishes, window).await? {
            sum.clients.add(read.clients);
            sum.all.add(&read.all);
            chosen.push(one);
        }
        let requests = sum.all.requests.requests;
        Ok(TopConsumers {
            from: window.from(),
            to: window.to(),
            requests,
            items: sum.clients.top(limit, requests),
            not_measured: unmeasured(&chosen),
        })
    }
}
