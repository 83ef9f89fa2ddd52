//! Takes the measurements.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::{
    Fallible,
    capacity::Units,
    estate::Estate,
    function::Function,
    gate::{Call, Gate},
    operations::{Kind, Operation},
    request::body,
    runtime_api::Invocation,
};

/// What is known about a function.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FunctionResult {
    /// Its name.
    pub(crate) function: String,
    /// Milliseconds from process start to the first `/next`, the median.
    pub(crate) start_ms: f64,
    /// How much of it DynamoDB took.
    pub(crate) start_dynamodb_ms: f64,
    /// Bytes of the zip file.
    pub(crate) zip_bytes: usize,
    /// Bytes of memory at the first `/next`.
    pub(crate) resident_first: u64,
    /// Bytes of memory after all requests.
    pub(crate) resident_after: Option<u64>,
    /// How many requests those were.
    pub(crate) requests: u32,
}

/// What is known about an operation.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OperationResult {
    /// The function.
    pub(crate) function: &'static str,
    /// The operation.
    pub(crate) operation: &'static str,
    /// Whether it writes.
    pub(crate) write: bool,
    /// Milliseconds without AWS, the median.
    pub(crate) p50_ms: f64,
    /// And the 99th percentile.
    pub(crate) p99_ms: f64,
    /// Milliseconds on a processor, the mean; Linux tells that.
    pub(crate) cpu_ms: Option<f64>,
    /// Milliseconds of AWS calls on the emulator, the median.
    pub(crate) aws_ms: f64,
    /// AWS calls per request, the most of any request.
    pub(crate) calls: usize,
    /// Which those are.
    pub(crate) actions: Vec<String>,
    /// Read units per request.
    pub(crate) read_units: f64,
    /// Write units per request.
    pub(crate) write_units: f64,
    /// Bytes to and from AWS per request.
    pub(crate) aws_bytes: usize,
    /// Bytes of log lines per request.
    pub(crate) log_bytes: u64,
    /// Requests.
    pub(crate) requests: u32,
}

/// How often everything is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Starts of each function.
    pub(crate) starts: u32,
    /// Requests to each function.
    pub(crate) requests: u32,
}

/// Requests before those that count.
const WARM: u32 = 5;
/// Requests that are weighed.
const WEIGHED: u32 = 2;

/// Starts a function again and again.
pub(crate) fn starts(estate: &Estate, gate: &Gate, name: &str, effort: Effort) -> Fallible<FunctionResult> {
    let (mut total, mut waits, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.starts {
        gate.take();
        let function = estate.fresh(name)?;
        total.push(milliseconds(function.started_in));
        waits.push(gate.take().iter().map(|call| milliseconds(call.ended - call.began)).sum());
        memory.push(function.resident()?);
    }
    memory.sort_unstable();
    Ok(FunctionResult {
        function: name.to_owned(),
        start_ms: percentile(&mut total, 50),
        start_dynamodb_ms: percentile(&mut waits, 50),
        zip_bytes: estate.functions().zip_size(name)?,
        resident_first: memory.get(memory.len() / 2).copied().unwrap_or_default(),
        resident_after: None,
        requests: 0,
    })
}

/// Runs an operation as often as it shall be.
pub(crate) fn operation(
    estate: &mut Estate,
    gate: &Gate,
    function: &Function,
    operation: &Operation,
    requests: u32,
) -> Fallible<OperationResult> {
    let mut number = 0;
    let mut run = |estate: &mut Estate| -> Fallible<(Invocation, Vec<Call>)> {
        number += 1;
        if let Some(before) = operation.before {
            before(estate, number)?;
        }
        let event = (operation.request)(estate, number)?.event();
        gate.take();
        let invocation = function.invoke(&event)?;
        body(&invocation.answer)?;
        Ok((invocation, gate.take()))
    };
    for _ in 0..WARM {
        run(estate)?;
    }
    gate.weigh(true);
    let weighed = (0..WEIGHED).map(|_| run(estate)).collect::<Fallible<Vec<_>>>();
    gate.weigh(false);
    let mut units = Units::default();
    weighed?.iter().flat_map(|(_, calls)| calls).for_each(|call| units += call.units);

    let (before, logged) = (function.on_processor(), estate.functions().logged());
    let (mut own, mut aws, mut most, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..requests {
        let (invocation, calls) = run(estate)?;
        let waited = union(&calls, invocation.began, invocation.ended);
        own.push(milliseconds((invocation.ended - invocation.began).saturating_sub(waited)));
        aws.push(milliseconds(waited));
        bytes += calls.iter().map(|call| call.bytes).sum::<usize>();
        if calls.len() > most.len() {
            most = calls.into_iter().map(|call| call.action).collect();
        }
    }
    let processor = function.on_processor().zip(before).map(|(after, before)| after.saturating_sub(before));
    Ok(OperationResult {
        function: operation.function,
        operation: operation.name,
        write: operation.kind == Kind::Write,
        p50_ms: percentile(&mut own, 50),
        p99_ms: percentile(&mut own, 99),
        cpu_ms: processor.map(|time| milliseconds(time) / f64::from(requests.max(1))),
        aws_ms: percentile(&mut aws, 50),
        calls: most.len(),
        actions: most,
        read_units: units.read / f64::from(WEIGHED),
        write_units: units.write / f64::from(WEIGHED),
        log_bytes: estate.functions().logged().saturating_sub(logged) / u64::from(requests.max(1)),
        aws_bytes: bytes / usize::try_from(requests.max(1))?,
        requests,
    })
}

/// How long at least one call was under way, between two moments.
fn union(calls: &[Call], began: Instant, ended: Instant) -> Duration {
    let clamp = |at: Instant| at.max(began).min(ended);
    let mut spans: Vec<_> = calls.iter().map(|call| (clamp(call.began), clamp(call.ended))).collect();
    spans.sort_unstable();
    let (mut total, mut until) = (Duration::ZERO, began);
    for (from, to) in spans {
        total += to.saturating_duration_since(from.max(until));
        until = until.max(to);
    }
    total
}

/// In milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A percentile, by the nearest rank.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_overlap_count_once() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let call = |began, ended| Call {
            began: at(began),
            ended: at(ended),
            action: String::new(),
            bytes: 0,
            units: Units::default(),
        };
        let calls = [call(4, 8), call(1, 3), call(2, 5), call(9, 99)];
        assert_eq!(union(&calls, start, at(10)), Duration::from_millis(8));
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let mut values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 50), 100.0);
        assert_eq!(percentile(&mut values, 99), 198.0);
        assert_eq!(percentile(&mut [], 50), 0.0);
    }
}
