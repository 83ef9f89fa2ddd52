//! The report: every row of the export with what became of it, or would.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::{
    apply::{Applied, Outcome, Published},
    compare::{Action, Step},
    export::Export,
    finding::Finding,
    translate::{Fate, Line, UnknownColumn},
    wanted::{Key, Kind},
};

/// Whether something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing: it is what would be done.
    Plan,
    /// It was done.
    Apply,
}

/// What became of a row, or would.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its table.
    pub table: String,
    /// Its id.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What it is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceOfRow>,
    /// What is to be told of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// What a row is here.
#[derive(Debug, Clone, Serialize)]
pub struct ResourceOfRow {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its id, once it has one.
    pub id: Option<String>,
}

/// The report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether something was done.
    pub mode: Mode,
    /// Why it ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<String>,
    /// How many rows were read.
    pub rows_read: usize,
    /// How many of them became what; they add up to `rows_read`.
    pub totals: BTreeMap<Outcome, usize>,
    /// How many rows are taken, and something that should become of them did not.
    pub incomplete: usize,
    /// Tables that were not there.
    pub missing_tables: Vec<&'static str>,
    /// Columns that nobody knows.
    pub unknown_columns: Vec<UnknownColumn>,
    /// What ran in v1.
    pub published_in_v1: Vec<Published>,
    /// Every row.
    pub rows: Vec<Row>,
}

/// What the steps would do to a row.
fn planned(step: &Step) -> (Outcome, Option<String>) {
    match &step.action {
        Action::Create => (Outcome::Created, None),
        Action::Update { id, .. } => (Outcome::Updated, Some(id.clone())),
        Action::Leave { id, .. } => (Outcome::Unchanged, Some(id.clone())),
        Action::Keep { id } => (Outcome::Kept, id.clone()),
        Action::Refuse => (Outcome::NotTaken, None),
    }
}

impl Report {
    /// Tells of every row. Without `applied` it is a plan.
    pub fn new(
        export: &Export,
        lines: Vec<Line>,
        unknown: Vec<UnknownColumn>,
        steps: &[Step],
        applied: Option<Applied>,
    ) -> Self {
        let by_key: HashMap<&Key, &Step> = steps.iter().map(|step| (&step.wanted.key, step)).collect();
        let mut incomplete = 0;
        let rows: Vec<Row> = lines
            .into_iter()
            .map(|line| {
                let step = by_key.get(&line.key).copied().filter(|_| line.fate == Fate::Taken);
                let (row, complete) = tell(line, step, applied.as_ref());
                incomplete += usize::from(!complete);
                row
            })
            .collect();
        let mut totals: BTreeMap<Outcome, usize> = BTreeMap::new();
        for row in &rows {
            *totals.entry(row.outcome).or_default() += 1;
        }
        let running = steps.iter().filter(|step| step.wanted.was_published && step.action != Action::Refuse);
        let (mode, ended_early, published_in_v1) = match applied {
            Some(applied) => (Mode::Apply, applied.fatal, applied.published),
            None => (Mode::Plan, None, running.map(|step| Published::of(&step.wanted, planned(step).1)).collect()),
        };
        let (rows_read, missing_tables) = (export.row_count(), export.missing.clone());
        Self {
            mode,
            ended_early,
            rows_read,
            totals,
            incomplete,
            missing_tables,
            unknown_columns: unknown,
            published_in_v1,
            rows,
        }
    }

    /// How many rows became that.
    pub fn total(&self, outcome: Outcome) -> usize {
        self.totals.get(&outcome).copied().unwrap_or_default()
    }

    /// Whether all that should be taken was.
    pub fn is_complete(&self) -> bool {
        self.total(Outcome::NotTaken) == 0 && self.total(Outcome::Pending) == 0 && self.incomplete == 0
    }
}

fn tell(line: Line, step: Option<&Step>, applied: Option<&Applied>) -> (Row, bool) {
    let Line { key, fate, mut findings } = line;
    let mut complete = true;
    let (outcome, resource) = match (fate, step) {
        (Fate::LeftBehind, _) => (Outcome::LeftBehind, None),
        (Fate::NotTaken, _) | (Fate::Taken, None) => (Outcome::NotTaken, None),
        (Fate::Taken, Some(step)) => {
            findings.extend(step.findings.iter().cloned());
            let (outcome, id) = match applied.map(|applied| applied.done.get(&key)) {
                None => planned(step),
                Some(None) => (Outcome::Pending, None),
                Some(Some(done)) => {
                    findings.extend(done.findings.iter().cloned());
                    complete = done.complete;
                    (done.outcome, done.id.clone())
                }
            };
            let name = step.wanted.name.to_string();
            (outcome, Some(ResourceOfRow { kind: step.wanted.kind, name, id }))
        }
    };
    (Row { table: key.table, id: key.id, outcome, resource, findings }, complete)
}
