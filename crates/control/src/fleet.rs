//! The watch over the fleet: what follows from silence and from the passing of time.
//!
//! It runs every minute, and every run may break off anywhere: what is left to do is found again by the next one.
//!
//! ```text
//!   an agent is silent for 3 heartbeats    -> degraded
//!   an agent is silent for 10 heartbeats   -> offline, after, if it was the last one that was heard:
//!                                               its cluster is inactive, and the cluster's deployments are stale
//!   an agent was revoked or deleted        -> forgotten, after the same
//!   a registration token is past its time  -> expired
//! ```
//!
//! INVARIANT: an agent's liveness stays due until everything that follows from its silence is written, so nothing is
//! forgotten; and each of these writes is refused when any agent of the cluster was heard since the decision, so nothing is
//! written late. [`heartbeat`](crate::agent) is the other half.

pub(crate) mod cluster;

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use jiff::SignedDuration;
use serde::Serialize;
use switchtower_domain::{
    access::{Caller, Granted},
    agent::DEGRADED_AFTER,
    cluster::ClusterId,
    context::Context,
    operation::Operation,
    registration_token::RegistrationToken,
    resource::Resource,
    tenant::TenantId,
};
use switchtower_store::{Commit, StoreError};

use crate::{Control, Error};

/// What the watch is authorized for: nobody else can ask for it.
const WATCH: Operation = Operation { id: "fleet_watch", permission: "system:watch" };

/// The most silent agents that one run looks at, and the most tokens.
const MOST: usize = 1000;
/// How many clusters or tokens are seen to at the same time.
const AT_ONCE: usize = 8;

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FleetReport {
    /// Agents that became `degraded`.
    pub degraded: u32,
    /// Agents that became `offline`.
    pub offline: u32,
    /// Clusters that became `inactive`.
    pub inactive: u32,
    /// Deployments that were marked stale.
    pub stale: u32,
    /// Registration tokens that expired.
    pub expired_tokens: u32,
    /// Clusters and tokens that are left to the next run, because something changed or could not be read.
    pub postponed: u32,
}

impl FleetReport {
    fn plus(self, other: Self) -> Self {
        Self {
            degraded: self.degraded + other.degraded,
            offline: self.offline + other.offline,
            inactive: self.inactive + other.inactive,
            stale: self.stale + other.stale,
            expired_tokens: self.expired_tokens + other.expired_tokens,
            postponed: self.postponed + other.postponed,
        }
    }
}

/// The proof that the watch may write in a tenant.
fn granted(tenant: TenantId) -> Result<(Caller, Granted), Error> {
    let caller = Caller::system("fleet-watch", tenant);
    let granted = caller.authorize(&WATCH)?;
    Ok((caller, granted))
}

impl Control {
    /// Looks at all agents that are silent and all tokens that are past their time.
    pub async fn fleet_watch(&self, context: &Context) -> Result<FleetReport, Error> {
        let patience = SignedDuration::from_secs(i64::from(self.heartbeat_seconds) * DEGRADED_AFTER);
        let before = context.now.saturating_sub(patience).unwrap_or(context.now);
        let silent = self.store.agents_silent_since(before, MOST).await?;
        let mut clusters: BTreeMap<ClusterId, TenantId> = BTreeMap::new();
        for liveness in silent {
            clusters.insert(liveness.cluster_id, liveness.tenant_id);
        }
        let clusters = stream::iter(clusters)
            .map(|(cluster, tenant)| async move {
                let mut report = FleetReport::default();
                if let Err(error) = self.watch_cluster(context, tenant, cluster, &mut report).await {
                    postpone(&mut report, &cluster, &error);
                }
                report
            })
            .buffer_unordered(AT_ONCE)
            .fold(FleetReport::default(), |sum, report| async move { sum.plus(report) })
            .await;
        Ok(clusters.plus(self.watch_tokens(context).await?))
    }

    async fn watch_tokens(&self, context: &Context) -> Result<FleetReport, Error> {
        let due = self.store.due_resources::<RegistrationToken>(context.now, MOST).await?;
        let expired = stream::iter(due).map(|token| async move {
            let (id, mut report) = (token.id, FleetReport::default());
            match self.expire(context, token).await {
                Ok(expired) => report.expired_tokens = u32::from(expired),
                Err(error) => postpone(&mut report, &id, &error),
            }
            report
        });
        let expired = expired.buffer_unordered(AT_ONCE);
        Ok(expired.fold(FleetReport::default(), |sum, report| async move { sum.plus(report) }).await)
    }

    async fn expire(&self, context: &Context, token: Resource<RegistrationToken>) -> Result<bool, Error> {
        let (caller, granted) = granted(token.tenant_id)?;
        let Some(change) = token.expire(&context.stamp(&caller)) else { return Ok(false) };
        match Commit::new(&granted, context).change(&change).send(&self.store).await {
            Ok(()) => Ok(true),
            // It was used or revoked a moment ago; the index lags behind.
            Err(StoreError::Stale) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Leaves one cluster or token to the next run, so that it does not stand in the way of the others.
fn postpone(report: &mut FleetReport, what: &dyn std::fmt::Display, error: &Error) {
    report.postponed += 1;
    match error {
        Error::Busy => tracing::info!(%what, "it changed meanwhile, and is left to the next run"),
        error => tracing::error!(%what, %error, cause = error.cause(), "it is left to the next run"),
    }
}
