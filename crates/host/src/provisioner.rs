//! The provisioner, run by events about clusters and by the scheduler.

use std::{process::ExitCode, sync::Arc};

use serde::Deserialize;
use serde_json::{Value, json};
use switchtower_control::provisioner::Provisioner;
use switchtower_domain::event::Event;
use switchtower_store::Store;

use crate::{Host, provisioning::Services, serve};

/// What makes the provisioner look.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Cause {
    /// An event of the bus: look at its subject.
    Event {
        /// The event.
        detail: Box<Event>,
    },
    /// The scheduler: look at every cluster that has waited too long.
    Schedule {},
}

/// Serves `cluster.created`, `cluster.deleted` and the scheduler's events.
pub fn provision() -> ExitCode {
    serve::events("worker-cluster-provisioner", |host| {
        let provisioner = Arc::new(Provisioner::new(host.store.clone(), Arc::new(Services::new(host)?)));
        Ok(move |cause: Cause| {
            let provisioner = provisioner.clone();
            async move { run(&provisioner, cause).await }
        })
    })
}

async fn run(
    provisioner: &Provisioner<Store>,
    cause: Cause,
) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    match cause {
        Cause::Event { detail } => {
            let cluster = detail.subject.parse()?;
            let context = Host::context(detail.request_id.as_str());
            let settled = provisioner.settle(&context, detail.tenant_id, cluster).await?;
            tracing::info!(%cluster, request_id = detail.request_id, ?settled, "looked at a cluster");
            Ok(json!(settled))
        }
        Cause::Schedule {} => {
            let context = Host::context("cluster-provisioner-schedule");
            let revisited = provisioner.revisit(&context).await?;
            if revisited.settled + revisited.failed > 0 {
                tracing::warn!(settled = revisited.settled, failed = revisited.failed, "looked at those that waited");
            }
            Ok(json!(revisited))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_event_is_about_a_cluster() {
        let sample = include_str!("../../../events/worker-cluster-provisioner.json");
        let Ok(Cause::Event { detail }) = serde_json::from_str(sample) else { panic!("an event") };
        assert_eq!(detail.kind, "cluster.created");
        assert!(detail.subject.starts_with("clu_"));
    }

    #[test]
    fn the_schedulers_event_says_nothing() {
        assert!(matches!(serde_json::from_str("{}"), Ok(Cause::Schedule {})));
    }
}
