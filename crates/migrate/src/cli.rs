//! The command line.

mod args;
mod print;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use clap::Parser;
use serde_json::Value;

pub use self::args::Args;
use crate::{
    api::{Api, Pace},
    apply::{self, How},
    compare::{self, Choices},
    export::{self, Export},
    mapping::Mapping,
    present::Present,
    report::Report,
    state::{Journal, Owner, State},
    translate,
};

/// Every row was taken.
pub const ALL_TAKEN: u8 = 0;
/// It failed, or ended early.
pub const FAILED: u8 = 1;
/// Some rows were not taken.
pub const NOT_ALL_TAKEN: u8 = 3;

/// What ends the program.
#[derive(Debug)]
pub struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// The program.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(&args, Pace::default(), &mut io::stdout().lock())),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(Failure(problem)) => {
            _ = writeln!(io::stderr(), "switchtower-import: {problem}");
            ExitCode::from(FAILED)
        }
    }
}

/// Reads, plans, does it when told to, and tells. Answers the exit code.
pub async fn run(args: &Args, pace: Pace, out: &mut impl Write) -> Result<u8, Failure> {
    let mapping = mapping(args)?;
    let export = read(&args.from).await?;
    let translation = translate::translate(&export, &mapping, args.tenant.as_deref())?;
    let api = Api::new(args.api_url.clone(), &args.api_key, pace)?;
    let (tenant, me) = who(&api).await?;
    let owner = Owner::new(api.base(), &tenant);
    let state = State::load(&args.state, &owner)?;
    let present = Present::load(&api, me, &translation.wanted, &state, args.concurrency()).await?;
    let create_cluster = mapping.default_cluster.clone().filter(|_| args.create_default_cluster);
    let choices = Choices { overwrite: args.overwrite, create_cluster };
    let steps = compare::compare(translation.wanted, &present, &state, &choices);
    let applied = if args.apply {
        let journal = Journal::open(&args.state, &owner, &state)?;
        let how = How { concurrency: args.concurrency(), publish: args.publish };
        Some(apply::apply(&api, &steps, journal, how).await)
    } else {
        None
    };
    let report = Report::new(&export, translation.lines, translation.unknown, &steps, applied);
    if let Some(path) = &args.report {
        write(path, &report)?;
    }
    print::report(out, &report, args)?;
    match &report.ended_early {
        Some(problem) => Err(Failure(format!("it ended early: {problem}; run it again to go on"))),
        None if report.is_complete() => Ok(ALL_TAKEN),
        None => Ok(NOT_ALL_TAKEN),
    }
}

async fn read(from: &str) -> Result<Export, export::ReadError> {
    if export::postgres::is_url(from) {
        export::postgres::read(from).await
    } else {
        export::json::read(Path::new(from))
    }
}

/// The mapping file with what the command line adds.
fn mapping(args: &Args) -> Result<Mapping, Failure> {
    let mut mapping = args.mapping.as_deref().map(Mapping::read).transpose()?.unwrap_or_default();
    if let Some(name) = &args.default_cluster {
        mapping.default_cluster = Some(name.clone());
    }
    if args.create_default_cluster && mapping.default_cluster.is_none() {
        mapping.default_cluster = Some("default".parse()?);
    }
    Ok(mapping)
}

/// The tenant of the API key, and what the key is called as an author.
async fn who(api: &Api) -> Result<(String, Option<String>), Failure> {
    let unknown = || Failure("the API key belongs to no tenant".to_owned());
    let me = api.get("v1/me").await?.ok_or_else(unknown)?.body;
    let text = |pointer: &str| me.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Ok((text("/active/tenant_id").ok_or_else(unknown)?, text("/actor")))
}

fn write(path: &Path, report: &Report) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure(format!("cannot write the report `{}`: {error}", path.display()));
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    serde_json::to_writer_pretty(&mut file, report).map_err(|error| failed(error.into()))?;
    file.write_all(b"\n").and_then(|()| file.flush()).map_err(failed)
}
