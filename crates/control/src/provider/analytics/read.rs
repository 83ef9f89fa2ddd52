//! Reading what was told of publishes, and adding it up.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::{StreamExt, TryStreamExt, future, stream};
use jiff::{SignedDuration, Timestamp};
use switchtower_domain::{
    access::Granted,
    deployment::DeploymentId,
    product_publish::ProductPublish,
    resource::Resource,
    usage::{Clients, Series, StepSize, Totals, Window},
};
use switchtower_store::{Store, StoreError, usage::Extent};

use super::{choose::Chosen, too_much};
use crate::{Control, Error};

/// How many deployments are read at the same time.
const AT_ONCE: usize = 8;
/// The most hours or days of publishes that are added up at once.
const MAX_UNITS: usize = 5_000;
/// The most rows: each run of an agent has its own for an hour or a day.
const MAX_ROWS: usize = 10_000;

/// What went through a publish.
pub(super) struct Steps {
    pub(super) series: Series,
    pub(super) last_reported_at: Option<Timestamp>,
}

/// What clients asked for.
#[derive(Default)]
pub(super) struct ByClient {
    pub(super) clients: Clients,
    pub(super) all: Totals,
}

/// How many rows may still be read.
#[derive(Clone)]
struct Left(Arc<AtomicUsize>);

impl Left {
    /// One row less; false when there is none left.
    fn take(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

impl Control {
    /// What went through each publish, step by step, and whether it is measured.
    pub(super) async fn read_steps(
        &self,
        granted: &Granted,
        publishes: Vec<Resource<ProductPublish>>,
        window: Window,
    ) -> Result<Vec<(Chosen, Steps)>, Error> {
        let units = if is_fine(window) { window.hours() } else { window.hours().div_ceil(24) };
        let read = |deployment, left| steps(self.store.clone(), deployment, window, left);
        let read = self.read_each(granted, publishes, units, read).await?;
        let nothing = || Steps { series: Series::new(window), last_reported_at: None };
        Ok(read.into_iter().map(|(chosen, steps)| (chosen, steps.unwrap_or_else(nothing))).collect())
    }

    /// What clients asked for in each publish, and whether it is measured.
    pub(super) async fn read_clients(
        &self,
        granted: &Granted,
        publishes: Vec<Resource<ProductPublish>>,
        window: Window,
    ) -> Result<Vec<(Chosen, ByClient)>, Error> {
        let read = |deployment, left| by_client(self.store.clone(), deployment, window, left);
        let read = self.read_each(granted, publishes, window.hours(), read).await?;
        Ok(read.into_iter().map(|(chosen, clients)| (chosen, clients.unwrap_or_default())).collect())
    }

    /// Reads something of each publish that has a deployment, and at the same time whether they are measured.
    async fn read_each<T, F>(
        &self,
        granted: &Granted,
        publishes: Vec<Resource<ProductPublish>>,
        units: usize,
        read: impl Fn(DeploymentId, Left) -> F,
    ) -> Result<Vec<(Chosen, Option<T>)>, Error>
    where
        F: Future<Output = Result<(T, Extent), StoreError>>,
    {
        let deployments: Vec<_> = publishes.iter().map(|publish| publish.body.deployment_id).collect();
        let count = deployments.iter().flatten().count();
        if count.saturating_mul(units) > MAX_UNITS {
            return Err(too_much(&format!("There are {count} publishes, which is too much for so long a time")));
        }
        let left = Left(Arc::new(AtomicUsize::new(MAX_ROWS)));
        let reads: Vec<_> = deployments
            .into_iter()
            .map(|deployment| future::OptionFuture::from(deployment.map(|id| read(id, left.clone()))))
            .map(|read| async { read.await.transpose() })
            .collect();
        let reads = stream::iter(reads).buffered(AT_ONCE).map_err(Error::from).try_collect::<Vec<_>>();
        let (not_measured, read) = future::try_join(self.measured(granted, &publishes), reads).await?;
        if read.iter().flatten().any(|(_, extent)| *extent == Extent::Cut) {
            return Err(too_much("Agents were started so often that there is too much to add up"));
        }
        let chosen = publishes.into_iter().zip(not_measured);
        let chosen = chosen.map(|(publish, not_measured)| Chosen { publish, not_measured });
        Ok(chosen.zip(read.into_iter().map(|read| read.map(|(read, _)| read))).collect())
    }
}

/// Five minutes are in the rows of hours, anything longer in those of days.
fn is_fine(window: Window) -> bool {
    window.step() == StepSize::Slot
}

async fn steps(
    store: Store,
    deployment: DeploymentId,
    window: Window,
    left: Left,
) -> Result<(Steps, Extent), StoreError> {
    let mut read = Steps { series: Series::new(window), last_reported_at: None };
    let mut each = |told_at, parts: Vec<(Timestamp, Totals)>| {
        read.last_reported_at = read.last_reported_at.max(Some(told_at));
        parts.iter().for_each(|(at, totals)| read.series.count(*at, totals));
        left.take()
    };
    let bounds = bounds(window);
    let extent = if is_fine(window) {
        store.usage_hours(deployment, bounds, |hour| each(hour.told_at, hour.slots)).await?
    } else {
        store.usage_days(deployment, bounds, |day| each(day.told_at, day.hours)).await?
    };
    Ok((read, extent))
}

async fn by_client(
    store: Store,
    deployment: DeploymentId,
    window: Window,
    left: Left,
) -> Result<(ByClient, Extent), StoreError> {
    let mut read = ByClient::default();
    let each = store.usage_hours(deployment, bounds(window), |hour| {
        hour.slots.iter().for_each(|(_, totals)| read.all.add(totals));
        hour.clients.into_iter().for_each(|(client, requests)| read.clients.count(client, requests));
        left.take()
    });
    let extent = each.await?;
    Ok((read, extent))
}

/// The first and the last moment of a window.
fn bounds(window: Window) -> (Timestamp, Timestamp) {
    (window.from(), window.to() - SignedDuration::from_secs(1))
}
