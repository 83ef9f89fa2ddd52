//! Usage: how much traffic went through, as agents counted it.
//!
//! Each hour is two writes that do not need each other: the hour with its slots and clients, and its place in the row of
//! its day. A telling that breaks off anywhere is told again, and what was kept already stays as it is.

mod check;

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, future, stream};
use switchtower_domain::{
    deployment::{Deployment, DeploymentId},
    operation,
    resource::Resource,
    usage::Totals,
};
use switchtower_protocol::usage::{UsageHour, UsageReceipt, UsageReport, UsageSlot};
use switchtower_store::{Key, usage::Told};

use super::{Own, own};
use crate::{Call, Control, Error};

/// How many hours are written at the same time.
const AT_ONCE: usize = 8;

impl Control {
    /// Keeps what was counted for deployments of the agent's own cluster, and names those that are not. What is older than
    /// what was told before changes nothing.
    pub async fn agent_usage(&self, call: &Call, report: UsageReport) -> Result<UsageReceipt, Error> {
        let own = own(call, &operation::agent_usage)?;
        check::report(&report, call.context.now)?;
        let unknown = self.unknown_deployments(&own, &report).await?;
        let UsageReport { run, hours } = report;
        let known = hours.into_iter().filter(|hour| !unknown.contains(&hour.deployment_id));
        let told: Vec<_> = known.map(|hour| told(&own, &run, call, hour)).collect();
        let both = |told| {
            let hour = self.store.usage_hour_tell(&own.granted, told);
            future::try_join(hour, self.store.usage_day_tell(&own.granted, told))
        };
        let writes: Vec<_> = told.iter().map(both).collect();
        stream::iter(writes).buffer_unordered(AT_ONCE).try_for_each(|_| future::ok(())).await?;
        Ok(UsageReceipt { unknown })
    }

    /// Deployments that the agent's cluster does not have, in the order in which they are told of.
    async fn unknown_deployments(&self, own: &Own, report: &UsageReport) -> Result<Vec<DeploymentId>, Error> {
        let mut seen = HashSet::new();
        let mut ids: Vec<_> = report.hours.iter().map(|hour| hour.deployment_id).collect();
        ids.retain(|id| seen.insert(*id));
        let key = |id| Key::Deployment { cluster: own.cluster, id };
        let mut found = self.store.get_many(&ids.iter().copied().map(key).collect::<Vec<_>>()).await?;
        let mut unknown = Vec::new();
        for id in ids {
            let deployment: Option<Resource<Deployment>> = found.doc(&key(id))?;
            if deployment.is_none_or(|deployment| deployment.tenant_id != own.tenant) {
                unknown.push(id);
            }
        }
        Ok(unknown)
    }
}

fn told(own: &Own, run: &str, call: &Call, hour: UsageHour) -> Told {
    let slot =
        |UsageSlot { minute, requests, durations, bytes_sent }| (minute, Totals { requests, durations, bytes_sent });
    Told {
        deployment: hour.deployment_id,
        agent: own.agent,
        run: run.to_owned(),
        hour: hour.hour,
        sequence: hour.sequence,
        told_at: call.context.now,
        slots: hour.slots.into_iter().map(slot).collect(),
        clients: hour.clients.into_iter().map(|client| (client.client_id, client.requests)).collect(),
    }
}
