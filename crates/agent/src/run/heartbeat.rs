//! Saying every few seconds that the agent is there, and hearing what is desired.

use std::time::Duration;

use switchtower_protocol::{
    capabilities::Capabilities,
    heartbeat::{Heartbeat, HeartbeatReply},
};
use tokio::sync::watch;

use super::Shared;
use crate::{
    backoff::Backoff,
    port::{ApiError, Clock, ControlPlane},
};

/// The shortest and the longest time between heartbeats that the control plane may ask for.
const BOUNDS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// How long a stop waits for the last heartbeat.
const GOODBYE: Duration = Duration::from_secs(3);

impl<C: ControlPlane, K: Clock> Shared<C, K> {
    /// Beats until it is time to stop. Only this part goes on when the agent is refused, slowly, and finds out when it no
    /// longer is.
    pub(super) async fn beat(&self, versions: watch::Sender<Option<u64>>) {
        let mut pace = self.pace.heartbeat;
        let mut backoff = Backoff::new(Duration::from_secs(1), pace);
        let mut found = self.capabilities.subscribe();
        let mut told = None;
        loop {
            let news = found.borrow_and_update().clone().filter(|now| told.as_ref() != Some(now));
            let reply = tokio::select! {
                biased;
                () = self.stop.wait() => return,
                reply = self.say(false, news.clone()) => reply,
            };
            match &reply {
                Err(ApiError::Refused(_)) if news.is_some() => {
                    tracing::warn!(
                        "the control plane does not take what this agent can do; it may be older than the agent"
                    );
                    told = news;
                }
                Ok(_) if news.is_some() => told = news,
                _ => {}
            }
            let answered = reply.is_ok();
            let pause = match reply {
                Ok(reply) => {
                    pace = Duration::from_secs(u64::from(reply.heartbeat_seconds)).clamp(BOUNDS.0, BOUNDS.1);
                    backoff = Backoff::new(Duration::from_secs(1), pace);
                    versions.send_replace(Some(reply.desired_version));
                    pace
                }
                Err(error) if error.is_unauthorized() => {
                    self.standing.refuse(&error.to_string());
                    self.pace.refused
                }
                Err(error) => {
                    tracing::warn!(%error, "heartbeat failed");
                    backoff.next(self.clock.fraction())
                }
            };
            let goes_on = tokio::select! {
                biased;
                goes_on = self.rest(pause) => goes_on,
                // What the driver found is told at once.
                Ok(()) = found.changed(), if answered => true,
            };
            if !goes_on {
                return;
            }
            if self.standing.refusal().is_some() {
                self.control.renew();
            }
        }
    }

    async fn say(&self, draining: bool, capabilities: Option<Capabilities>) -> Result<HeartbeatReply, ApiError> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let heartbeat = Heartbeat { version, applied_version: self.metrics.applied_version(), draining, capabilities };
        let reply = self.control.heartbeat(&heartbeat).await;
        match &reply {
            Ok(reply) => {
                self.metrics.heartbeats.add();
                self.metrics.contact(self.clock.now(), reply.desired_version);
                self.standing.accept();
            }
            Err(_) => self.metrics.heartbeat_failures.add(),
        }
        reply
    }

    /// The last heartbeat: the agent is stopping. It is worth a moment, and not more.
    pub(super) async fn say_goodbye(&self) {
        if self.standing.refusal().is_some() {
            return;
        }
        tokio::select! {
            reply = self.say(true, None) => match reply {
                Ok(_) => tracing::info!("told the control plane that this agent stops"),
                Err(error) => tracing::warn!(%error, "could not tell the control plane that this agent stops"),
            },
            () = self.clock.sleep(GOODBYE) => tracing::warn!("the control plane did not answer that this agent stops"),
        }
    }
}
