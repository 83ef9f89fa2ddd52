//! What takes time on a processor alone: importing a document and rendering a snapshot.

use std::{fs, hint::black_box, time::Instant};

use serde::Serialize;
use switchtower_domain::gateway::GatewayClass;
use switchtower_import::{Limits, parse};
use switchtower_protocol::snapshot::Snapshot;
use switchtower_render::{Options, fixture, render};

use crate::{
    Fallible,
    measure::{milliseconds, percentile},
};

/// The document that ships.
const EXAMPLE: &str = "docs/examples/orders.openapi.yaml";

/// A computation.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Computation {
    /// What is computed.
    pub(crate) what: &'static str,
    /// Milliseconds, the median.
    pub(crate) p50_ms: f64,
    /// And the slowest.
    pub(crate) max_ms: f64,
    /// The most memory that the process had meanwhile, in MiB, where that says something.
    pub(crate) peak_mib: Option<f64>,
}

/// Measures them all.
pub(crate) fn all(rounds: u32) -> Fallible<Vec<Computation>> {
    let example = fs::read(EXAMPLE)?;
    let envoy = fixture::large(1000);
    let mut nginx = envoy.clone();
    nginx.gateway.class = GatewayClass::Nginx;
    let rendered = |snapshot: &Snapshot| {
        render(snapshot, &Options::default()).map(|rendered| drop(black_box(rendered))).map_err(Into::into)
    };
    Ok(vec![
        timed("read the OpenAPI document of docs/examples", rounds, || {
            parse(&example, Limits::default()).map(|document| drop(black_box(document))).map_err(Into::into)
        })?,
        timed("render 1,000 routes for Envoy Gateway", rounds, || rendered(&envoy))?,
        timed("render 1,000 routes for nginx", rounds, || rendered(&nginx))?,
    ])
}

fn timed(what: &'static str, rounds: u32, work: impl Fn() -> Fallible<()>) -> Fallible<Computation> {
    let mut times = Vec::new();
    forget_peak();
    for _ in 0..rounds {
        let began = Instant::now();
        work()?;
        times.push(milliseconds(began.elapsed()));
    }
    let (p50_ms, max_ms) = (percentile(&mut times, 50), percentile(&mut times, 100));
    Ok(Computation { what, p50_ms, max_ms, peak_mib: peak_mib() })
}

/// Lets the kernel count the process's memory anew (proc(5), `clear_refs`). Where it cannot, the peak is an upper bound.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that the process had since, its code included.
fn peak_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<f64>().ok().map(|kib| kib / 1024.0)
}
