//! What people read.

use crate::{
    compute::Computation,
    cost::Bill,
    measure::{FunctionResult, OperationResult},
};

const MIB: f64 = 1024.0 * 1024.0;

/// The goals.
mod goal {
    /// Milliseconds to the first `/next`.
    pub(super) const START_MS: f64 = 10.0;
    /// MiB of a zip file.
    pub(super) const ZIP_MIB: f64 = 6.0;
    /// MiB of memory at the first `/next`.
    pub(super) const FIRST_MIB: f64 = 16.0;
    /// MiB of memory after 1,000 requests.
    pub(super) const AFTER_MIB: f64 = 24.0;
    /// Milliseconds of a request without AWS.
    pub(super) const HANDLER_MS: f64 = 1.0;
    /// AWS calls of a read.
    pub(super) const READ_CALLS: usize = 3;
    /// AWS calls of a write.
    pub(super) const WRITE_CALLS: usize = 4;
}

/// A table in which columns are as wide as they have to be.
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    fn print(&self) {
        let width = |at: usize| self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
        for row in &self.rows {
            let mut text = String::new();
            for (at, cell) in row.iter().enumerate() {
                let width = width(at).unwrap_or_default();
                text += &if at == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
            }
            println!("  {}", text.trim_end());
        }
    }
}

/// Collects what was missed.
#[derive(Default)]
struct Verdict(Vec<&'static str>);

impl Verdict {
    fn check(&mut self, met: bool, what: &'static str) {
        if !met {
            self.0.push(what);
        }
    }

    fn text(&self) -> String {
        if self.0.is_empty() { "ok".to_owned() } else { format!("missed: {}", self.0.join(", ")) }
    }
}

/// Prints the functions.
pub(crate) fn functions(results: &[FunctionResult]) {
    println!(
        "\nFunctions. Goals: start ≤ {} ms, zip ≤ {} MiB, memory ≤ {} MiB at first and ≤ {} MiB after 1,000 requests",
        goal::START_MS,
        goal::ZIP_MIB,
        goal::FIRST_MIB,
        goal::AFTER_MIB
    );
    let mut table =
        Table::new(&["function", "start ms", "of it AWS", "zip MiB", "first MiB", "after MiB", "requests", "verdict"]);
    for result in results {
        let (zip, first) = (mib(u64::try_from(result.zip_bytes).unwrap_or(u64::MAX)), mib(result.resident_first));
        let after = result.resident_after.map(mib);
        let mut verdict = Verdict::default();
        verdict.check(result.start_ms <= goal::START_MS, "start");
        verdict.check(zip <= goal::ZIP_MIB, "zip");
        verdict.check(first <= goal::FIRST_MIB, "first");
        verdict.check(after.is_none_or(|after| after <= goal::AFTER_MIB), "after");
        table.rows.push(vec![
            result.function.clone(),
            format!("{:.1}", result.start_ms),
            format!("{:.1}", result.start_dynamodb_ms),
            format!("{zip:.2}"),
            format!("{first:.1}"),
            after.map_or_else(|| "-".to_owned(), |after| format!("{after:.1}")),
            result.requests.to_string(),
            verdict.text(),
        ]);
    }
    table.print();
}

/// Prints the operations.
pub(crate) fn operations(results: &[OperationResult]) {
    println!(
        "\nOperations, warm. Goals: own time p99 ≤ {} ms, AWS calls ≤ {} for a read and ≤ {} for a write",
        goal::HANDLER_MS,
        goal::READ_CALLS,
        goal::WRITE_CALLS
    );
    let head = [
        "operation",
        "p50 ms",
        "p99 ms",
        "cpu ms",
        "calls",
        "RRU",
        "WRU",
        "AWS bytes",
        "log bytes",
        "requests",
        "verdict",
    ];
    let mut table = Table::new(&head);
    for result in results {
        let most = if result.write { goal::WRITE_CALLS } else { goal::READ_CALLS };
        let mut verdict = Verdict::default();
        verdict.check(result.p99_ms <= goal::HANDLER_MS, "own time");
        verdict.check(result.calls <= most, "calls");
        table.rows.push(vec![
            result.operation.to_owned(),
            format!("{:.2}", result.p50_ms),
            format!("{:.2}", result.p99_ms),
            result.cpu_ms.map_or_else(|| "-".to_owned(), |time| format!("{time:.2}")),
            result.calls.to_string(),
            format!("{:.1}", result.read_units),
            format!("{:.1}", result.write_units),
            result.aws_bytes.to_string(),
            result.log_bytes.to_string(),
            result.requests.to_string(),
            verdict.text(),
        ]);
    }
    table.print();
}

/// What rendering may take.
const RENDERING: (f64, f64) = (20.0, 64.0);

/// Prints the computations; only rendering has goals: 20 ms and 64 MiB.
pub(crate) fn computations(results: &[Computation]) {
    println!("\nComputations");
    let mut table = Table::new(&["what", "p50 ms", "max ms", "peak MiB"]);
    for result in results {
        let goals = result.what.starts_with("render").then_some(RENDERING);
        let mark = |value: f64, goal: Option<f64>| {
            format!("{value:.2}{}", if goal.is_some_and(|goal| value > goal) { " !" } else { "" })
        };
        let peak = result.peak_mib.map(|peak| mark(peak, goals.map(|goals| goals.1))).unwrap_or_default();
        let p50 = mark(result.p50_ms, goals.map(|goals| goals.0));
        table.rows.push(vec![result.what.to_owned(), p50, format!("{:.2}", result.max_ms), peak]);
    }
    table.print();
}

/// Prints the bills.
pub(crate) fn bills(bills: &[Bill]) {
    for bill in bills {
        println!("\nCost a month of {}: {:.2} USD", bill.title, bill.total());
        let mut table = Table::new(&["what", "count", "USD"]);
        for line in &bill.lines {
            table.rows.push(vec![line.what.clone(), format!("{:.1}", line.count), format!("{:.4}", line.usd)]);
        }
        table.print();
    }
}

fn mib(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) * 1024.0 / MIB
}
