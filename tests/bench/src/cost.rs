//! What AWS would bill in a month, of what was measured and public prices.
//!
//! The prices are AWS's list prices for us-east-1 without free tiers, as published in 2026; see `docs/cost.md`. What no
//! emulator can tell is assumed here, in one place: how long DynamoDB takes, and what Lambda logs on its own.

use serde::Serialize;

use crate::measure::OperationResult;

/// USD for a million.
const MILLION: f64 = 1e6;
/// USD per invocation of a function.
const INVOCATION: f64 = 0.20 / MILLION;
/// USD per GB and second on arm64.
const GB_SECOND: f64 = 0.000_013_333_4;
/// USD per read unit, on demand.
const READ_UNIT: f64 = 0.125 / MILLION;
/// USD per write unit, on demand.
const WRITE_UNIT: f64 = 0.625 / MILLION;
/// USD per request of an HTTP API.
const HTTP_REQUEST: f64 = 1.00 / MILLION;
/// USD per request of SQS.
const SQS_REQUEST: f64 = 0.40 / MILLION;
/// USD per event put on a bus.
const BUS_EVENT: f64 = 1.00 / MILLION;
/// USD per invocation by a schedule.
const SCHEDULED: f64 = 1.00 / MILLION;
/// USD per GB of log lines.
const LOG_GB: f64 = 0.50;

/// USD per metric that gets values in every hour of a month.
const METRIC: f64 = 0.30;

/// Metrics of each function.
const METRICS: f64 = 3.0;
/// Functions that run in every hour even if nobody uses the system: heartbeats and three schedules.
const ALWAYS: f64 = 4.0;
/// Memory of a function, as the templates set it.
const MEMORY_GB: f64 = 0.5;
/// Assumed: a call of DynamoDB on AWS, in seconds.
const CALL_SECONDS: f64 = 0.005;
/// Assumed: bytes that Lambda and the access log of the API write for a request.
const FRAME_BYTES: f64 = 900.0;
/// Seconds in a month of 730 hours.
const MONTH: f64 = 730.0 * 3600.0;
/// Seconds between heartbeats, as the control plane tells agents.
const HEARTBEAT: f64 = 30.0;
/// Seconds of a long poll.
const LONG_POLL: f64 = 20.0;
/// Seconds between full resyncs of an agent.
const RESYNC: f64 = 600.0;
/// Seconds that credentials for a queue live.
const CREDENTIALS: f64 = 3600.0;
/// Write units to take an event out of the outbox's index once it is relayed: the item and its entry.
const RELAYED_UNITS: f64 = 2.0;

/// A line of a bill.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    /// What for.
    pub(crate) what: String,
    /// How many a month.
    pub(crate) count: f64,
    /// USD a month.
    pub(crate) usd: f64,
}

/// A bill.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Bill {
    /// For what.
    pub(crate) title: &'static str,
    /// Its lines.
    pub(crate) lines: Vec<Line>,
}

impl Bill {
    /// USD a month.
    pub(crate) fn total(&self) -> f64 {
        self.lines.iter().map(|line| line.usd).sum()
    }
}

/// All bills that the measured operations suffice for.
pub(crate) fn bills(operations: &[OperationResult]) -> Vec<Bill> {
    let find = |name: &str| operations.iter().find(|result| result.operation == name);
    let heartbeat = find("heartbeat").map(|beat| {
        let beats = MONTH / HEARTBEAT;
        let polls = MONTH / LONG_POLL;
        let mut lines = requests("heartbeats", beat, beats);
        lines.push(line("long polls of the queue (SQS)", polls, SQS_REQUEST));
        if let Some(list) = find("desired_list") {
            lines.extend(requests("full resyncs", list, MONTH / RESYNC));
        }
        lines.push(line("queue credentials (API and invocations)", MONTH / CREDENTIALS, HTTP_REQUEST + INVOCATION));
        Bill { title: "an idle cluster with one agent", lines }
    });
    let reads =
        find("cluster_get").map(|get| Bill { title: "a million reads", lines: requests("cluster_get", get, MILLION) });
    let writes = find("cluster_create").map(|create| {
        let mut lines = requests("cluster_create", create, MILLION);
        lines.push(line("events on the bus", MILLION, BUS_EVENT));
        lines.push(line("relay: invocations, if no two events share one", MILLION, INVOCATION + duration(0.015)));
        lines.push(line("relay: write units", MILLION * RELAYED_UNITS, WRITE_UNIT));
        Bill { title: "a million writes, each with its event", lines }
    });
    let runs = 3.0 * MONTH / 60.0;
    let lines = vec![
        line("schedules", runs, SCHEDULED),
        line("schedules: invocations", runs, INVOCATION + duration(0.015)),
        line("schedules: read units", runs * 2.0, READ_UNIT),
        line("metrics of functions that always run", METRICS * ALWAYS, METRIC),
    ];
    let idle = Bill { title: "the stack itself, without alarms", lines };
    [heartbeat, reads, writes, Some(idle)].into_iter().flatten().collect()
}

fn requests(what: &str, measured: &OperationResult, count: f64) -> Vec<Line> {
    let calls = u32::try_from(measured.calls).unwrap_or(u32::MAX);
    let seconds = measured.p50_ms / 1000.0 + f64::from(calls) * CALL_SECONDS;
    let logged = u32::try_from(measured.log_bytes).unwrap_or(u32::MAX);
    let gigabytes = count * (f64::from(logged) + FRAME_BYTES) / 1e9;
    vec![
        line(format!("{what}: HTTP API"), count, HTTP_REQUEST),
        line(format!("{what}: invocations"), count, INVOCATION),
        line(format!("{what}: GB-seconds"), count * seconds * MEMORY_GB, GB_SECOND),
        line(format!("{what}: read units"), count * measured.read_units, READ_UNIT),
        line(format!("{what}: write units"), count * measured.write_units, WRITE_UNIT),
        line(format!("{what}: GB of logs"), gigabytes, LOG_GB),
    ]
}

/// USD for so many seconds of a function. A started millisecond counts.
fn duration(seconds: f64) -> f64 {
    seconds * MEMORY_GB * GB_SECOND
}

fn line(what: impl Into<String>, count: f64, price: f64) -> Line {
    Line { what: what.into(), count, usd: count * price }
}
