//! What takes time on a processor alone: importing a document and rendering a snapshot.

use std::{fs, hint::black_box, time::Instant};

use serde::Serialize;
use switchtower_import::{Limits, parse};
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
}

/// Measures them all.
pub(crate) fn all(rounds: u32) -> Fallible<Vec<Computation>> {
    let example = fs::read(EXAMPLE)?;
    let snapshot = fixture::large(1000);
    Ok(vec![
        timed("read the OpenAPI document of docs/examples", rounds, || {
            parse(&example, Limits::default()).map(|document| drop(black_box(document))).map_err(Into::into)
        })?,
        timed("render 1,000 routes", rounds, || {
            render(&snapshot, &Options::default()).map(|rendered| drop(black_box(rendered))).map_err(Into::into)
        })?,
    ])
}

fn timed(what: &'static str, rounds: u32, work: impl Fn() -> Fallible<()>) -> Fallible<Computation> {
    let mut times = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        work()?;
        times.push(milliseconds(began.elapsed()));
    }
    Ok(Computation { what, p50_ms: percentile(&mut times, 50), max_ms: percentile(&mut times, 100) })
}
