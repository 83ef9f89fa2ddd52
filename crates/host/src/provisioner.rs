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
struct Cause {
    /// An event of the bus: look at its subject. The scheduler sends none: look at every cluster that has waited too long.
    detail: Option<Event>,
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
    match cause.detail {
        Some(detail) => {
            let cluster = detail.subject.parse()?;
            let context = Host::context(detail.request_id.as_str());
            let settled = provisioner.settle(&context, detail.tenant_id, cluster).await?;
            tracing::info!(%cluster, request_id = detail.request_id, ?settled, "looked at a cluster");
            Ok(json!(settled))
        }
        None => {
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
        let event = serde_json::from_str::<Cause>(sample).unwrap().detail.unwrap();
        assert_eq!(event.kind, "cluster.created");
        assert!(event.subject.starts_with("clu_"));
    }

    #[test]
    fn the_schedulers_event_says_nothing() {
        assert!(serde_json::from_str::<Cause>("{}").unwrap().detail.is_none());
    }

    #[test]
    fn an_event_that_cannot_be_read_is_no_schedule() {
        assert!(serde_json::from_str::<Cause>(r#"{"detail": {"id": 7}}"#).is_err());
    }
}
