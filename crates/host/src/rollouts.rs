//! The worker of rollouts, run by events about them and their clusters, and by the scheduler.

use std::{process::ExitCode, sync::Arc};

use serde::Deserialize;
use switchtower_control::{
    ports::{Doorbells, NoDoorbells},
    provider::rollouts::{Advanced, Rollouts},
};
use switchtower_domain::{event::Event, id::EventMarker};

use crate::{Host, doorbells::SqsDoorbells, serve};

/// What makes the worker look.
#[derive(Debug, Deserialize)]
struct Cause {
    /// An event of the bus: look at the rollouts that it may matter to. The scheduler sends none: look at all that are due.
    detail: Option<Event>,
}

/// Serves events of rollouts, deployments and clusters, and the scheduler's.
pub fn advance() -> ExitCode {
    serve::events("worker-rollouts", |host| {
        let control = host.control();
        let doorbells: Arc<dyn Doorbells> = match host.config.fast_doorbell {
            true => Arc::new(SqsDoorbells::new(&host.aws)),
            false => Arc::new(NoDoorbells),
        };
        Ok(move |cause: Cause| {
            let (control, doorbells) = (control.clone(), doorbells.clone());
            async move {
                let id = match &cause.detail {
                    Some(event) => event.request_id.clone(),
                    None => Host::context(String::new()).id::<EventMarker>().suffix(),
                };
                let named = id.clone();
                let rollouts = Rollouts::new(control, doorbells, Arc::new(move || Host::context(named.as_str())));
                let advanced = match &cause.detail {
                    Some(event) => rollouts.hear(event).await?,
                    None => rollouts.revisit().await?,
                };
                log(&id, advanced);
                Ok(advanced)
            }
        })
    })
}

fn log(request_id: &str, advanced: Advanced) {
    let Advanced { published, refused, rolled_back, postponed } = advanced;
    tracing::info!(request_id, published, refused, rolled_back, postponed, "looked at rollouts");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_event_is_about_a_deployment() {
        let sample = include_str!("../../../events/worker-rollouts.json");
        let event = serde_json::from_str::<Cause>(sample).unwrap().detail.unwrap();
        assert_eq!(event.kind, "deployment.ready");
        assert!(event.cluster_id.is_some());
    }

    #[test]
    fn the_schedulers_event_says_nothing() {
        assert!(serde_json::from_str::<Cause>("{}").unwrap().detail.is_none());
    }
}
