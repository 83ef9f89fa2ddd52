//! The wish to stop, heard by everything that loops.

use tokio::sync::watch;

/// Whether to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// What asks to stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stop {
    /// A pair of the one who asks and the one who is asked.
    pub fn new() -> (Stopper, Self) {
        let (sender, receiver) = watch::channel(false);
        (Stopper(sender), Self(receiver))
    }

    /// Whether it was asked for.
    pub fn requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is asked for; for ever when nobody can ask any more.
    pub async fn wait(&self) {
        if self.0.clone().wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Stopper {
    /// Asks to stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}
