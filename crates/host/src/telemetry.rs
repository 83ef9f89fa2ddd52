//! Logs: JSON lines on standard output, where CloudWatch Logs reads them.

use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::EnvFilter;

static COLD: AtomicBool = AtomicBool::new(true);

/// Starts logging at the level of `LOG_LEVEL`.
pub fn start() {
    let level = crate::config::optional("LOG_LEVEL").unwrap_or_else(|| "info".to_owned()).to_ascii_lowercase();
    let filter = EnvFilter::try_new(format!(
        "warn,switchtower={level},switchtower_api={level},switchtower_host={level},switchtower_control={level},switchtower_store={level}"
    ));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // A second start, as in tests, keeps the first.
    let _ = lines.with_env_filter(filter).with_ansi(false).try_init();
}

/// True for the first request of a process, which waited for its start.
pub fn cold_start() -> bool {
    COLD.swap(false, Ordering::Relaxed)
}
