//! Time and chance.

use std::{future::Future, time::Duration};

use jiff::Timestamp;

/// What tells the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// A random fraction from 0 up to 1, so that agents which lost the control plane together do not return together.
    fn fraction(&self) -> f64;
}
