//! Whether the control plane knows the agent; who is refused stops polling and applying, and keeps what runs.

use std::sync::Arc;

use tokio::sync::watch;

/// How the agent stands, shared by all that run.
#[derive(Debug, Clone)]
pub struct Standing(Arc<watch::Sender<Option<String>>>);

impl Default for Standing {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Standing {
    /// Why the agent is refused; `None` while it is not.
    pub fn refusal(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Takes note that the agent is refused, and says so the first time.
    pub fn refuse(&self, why: &str) {
        let news = self.0.send_if_modified(|refusal| refusal.replace(why.to_owned()).is_none());
        if news {
            tracing::error!(
                "{why}; nothing is polled or applied from now on, and what runs stays as it is; \
                 `switchtower-agent register --force` with a new token brings this agent back"
            );
        }
    }

    /// Takes note that the agent is known.
    pub fn accept(&self) {
        if self.0.send_if_modified(|refusal| refusal.take().is_some()) {
            tracing::info!("the control plane knows this agent again");
        }
    }

    /// Waits until the agent is not refused.
    pub async fn accepted(&self) {
        // The sender lives as long as this does.
        _ = self.0.subscribe().wait_for(Option::is_none).await;
    }
}
