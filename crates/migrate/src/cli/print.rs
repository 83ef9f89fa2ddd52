//! The report for people: numbers first, then what they must look at.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use super::Args;
use crate::{
    apply::Outcome,
    finding::Finding,
    report::{Mode, Report, Row},
};

/// The most lines of one part; the report file has all of them.
const MOST: usize = 60;

/// Prints a report.
pub(super) fn report(out: &mut impl Write, report: &Report, args: &Args) -> io::Result<()> {
    let tense = if report.mode == Mode::Plan { "would be" } else { "are" };
    writeln!(out, "{} rows of v1 were read. By table, they {tense}:", report.rows_read)?;
    numbers(out, report)?;
    let of = |outcome: Outcome| report.rows.iter().filter(move |row| row.outcome == outcome);
    part(out, "Not taken:", grouped(of(Outcome::NotTaken)))?;
    part(out, "Kept as a person left them:", grouped(of(Outcome::Kept)))?;
    part(out, "Left behind:", grouped(of(Outcome::LeftBehind)))?;
    let taken = [Outcome::Created, Outcome::Updated, Outcome::Unchanged];
    let taken = report.rows.iter().filter(|row| taken.contains(&row.outcome) && !row.findings.is_empty());
    part(out, "Taken, and worth a look:", grouped(taken))?;
    let missing = report.missing_tables.iter().map(|table| format!("`{table}`"));
    part(out, "Tables that are not in the export:", missing.collect())?;
    let unknown = report.unknown_columns.iter();
    let unknown = unknown.map(|c| format!("`{}.{}` in {} rows", c.table, c.column, c.rows));
    part(out, "Columns that nobody knows, and that were not taken:", unknown.collect())?;
    part(out, "Published in v1:", published(report))?;
    match report.mode {
        Mode::Plan => writeln!(out, "\nNothing was changed. Run it again with --apply to do it."),
        Mode::Apply => {
            writeln!(out, "\nKeep `{}`: the next import needs it to see what a person changed.", args.state.display())
        }
    }
}

fn numbers(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let mut tables: Vec<(&str, BTreeMap<Outcome, usize>)> = Vec::new();
    for row in &report.rows {
        if tables.last().is_none_or(|(table, _)| *table != row.table) {
            tables.push((&row.table, BTreeMap::new()));
        }
        if let Some((_, counts)) = tables.last_mut() {
            *counts.entry(row.outcome).or_default() += 1;
        }
    }
    for (table, counts) in tables {
        let counts: Vec<_> = counts.iter().map(|(outcome, count)| format!("{count} {}", outcome.words())).collect();
        writeln!(out, "  {table:<24}{}", counts.join(", "))?;
    }
    Ok(())
}

fn part(out: &mut impl Write, title: &str, lines: Vec<String>) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    for line in lines.iter().take(MOST) {
        writeln!(out, "  {line}")?;
    }
    if lines.len() > MOST {
        writeln!(out, "  and {} more; --report FILE has all of them", lines.len() - MOST)?;
    }
    Ok(())
}

/// A line for each row, and one for all rows of a table of which the same is told.
fn grouped<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<String> {
    let mut told: Vec<(&str, &[Finding], Vec<&str>)> = Vec::new();
    for row in rows {
        match told.last_mut().filter(|(table, findings, _)| *table == row.table && *findings == row.findings.as_slice())
        {
            Some((_, _, ids)) => ids.push(&row.id),
            None => told.push((&row.table, &row.findings, vec![&row.id])),
        }
    }
    let mut lines = Vec::new();
    for (table, findings, ids) in told {
        let rows = match ids.as_slice() {
            [only] => format!("{table}/{only}"),
            several => format!("{table}, {} rows", several.len()),
        };
        lines.extend(findings.iter().map(|finding| format!("{rows}  {}", sentence(finding))));
    }
    lines
}

fn sentence(finding: &Finding) -> String {
    let field = finding.field.iter().map(|field| format!("{field}: "));
    let advice = finding.advice.iter().map(|advice| format!(" {advice}"));
    field.chain([finding.problem.clone()]).chain(advice).collect()
}

fn published(report: &Report) -> Vec<String> {
    let lines = report.published_in_v1.iter().map(|publish| {
        let cluster = publish.cluster.as_deref().unwrap_or("no cluster");
        let now = match (&publish.held_back, publish.published, report.mode) {
            (_, true, _) => "published here too".to_owned(),
            (Some(why), ..) => format!("a draft here, and not to be published by the import: {why}"),
            (None, false, Mode::Plan) => "a draft here, unless --publish is given".to_owned(),
            (None, false, Mode::Apply) => "a draft here".to_owned(),
        };
        format!("{}  `{}` on `{cluster}`: {now}", publish.row, publish.name)
    });
    lines.collect()
}
