//! The watch over the fleet, run by the scheduler.

use std::{process::ExitCode, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;
use switchtower_domain::{context::Context, id::EventMarker};

use crate::{entropy, serve};

/// Serves the scheduler's events, which say nothing; each runs the watch once.
pub fn watch() -> ExitCode {
    serve::events("worker-fleet-watch", |host| {
        let control = host.control();
        Ok(move |_: Value| {
            let control = control.clone();
            async move {
                let blank = Context::new(Timestamp::now(), String::new(), Arc::new(entropy::System));
                let id = blank.id::<EventMarker>().suffix();
                let context = blank.named(id.clone());
                let report = control.fleet_watch(&context).await?;
                tracing::info!(
                    request_id = id,
                    degraded = report.degraded,
                    offline = report.offline,
                    inactive = report.inactive,
                    stale = report.stale,
                    expired_tokens = report.expired_tokens,
                    postponed = report.postponed,
                    "watched"
                );
                Ok(report)
            }
        })
    })
}
