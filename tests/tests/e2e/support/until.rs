//! Waiting for what must become true.

use std::time::{Duration, Instant};

/// How often one looks.
const PAUSE: Duration = Duration::from_millis(150);

/// Looks until there is an answer, and fails with what was awaited and what was seen last when there is none in time.
pub(crate) async fn until<T>(what: &str, seconds: u64, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if Instant::now() > deadline => panic!("{what}: not within {seconds} s; seen last: {seen}"),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
