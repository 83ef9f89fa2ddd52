//! Metrics: CloudWatch embedded metric format, one line for each request, from standard output for free.

use std::{io::Write, time::Duration};

use jiff::Timestamp;
use serde_json::json;

/// Writes the metrics of one invocation.
pub fn record(function: &str, status: u16, took: Duration, cold: bool) {
    let line = json!({
        "_aws": {
            "Timestamp": Timestamp::now().as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "Switchtower",
                "Dimensions": [["function"]],
                "Metrics": [
                    { "Name": "duration", "Unit": "Milliseconds" },
                    { "Name": "failures", "Unit": "Count" },
                    { "Name": "cold_starts", "Unit": "Count" },
                ],
            }],
        },
        "function": function,
        "duration": took.as_secs_f64() * 1000.0,
        "failures": u8::from(status >= 500),
        "cold_starts": u8::from(cold),
    });
    // A closed standard output is no reason to fail a request.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
