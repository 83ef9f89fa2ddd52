//! The command line.

mod args;
mod nginx;
mod register;
mod run;
mod signal;
mod status;

use std::{
    fmt,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use reqwest::Url;
use switchtower_domain::name::Name;

use self::args::{Introduction, LogArgs, RegisterArgs, RunArgs, StatusArgs};
use crate::log;

/// Runs next to what it manages, dials out only, and makes it what the Switchtower control plane desires.
#[derive(Debug, Parser)]
#[command(name = "switchtower-agent", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Exchange a one-time registration token for an identity
    ///
    /// Makes an Ed25519 key pair in the state folder and registers its public half. The private half stays there. A
    /// token works once, for 30 minutes; who operates the cluster issues another one.
    Register(RegisterArgs),
    /// Apply desired state and report, until told to stop
    ///
    /// Starts from the state folder, with or without the control plane. SIGTERM and SIGINT let the apply in hand finish,
    /// tell the control plane, and end with 0. With --api-url and --token, registers first when it has to.
    Run(Box<RunArgs>),
    /// Show what is registered and what is applied, from the state folder alone
    Status(StatusArgs),
}

const EXAMPLES: &str = "\
Examples:
  Register and run, in one command:
    switchtower-agent run --api-url https://api.example.com --token swr_tok_… \\
      --state-dir /var/lib/switchtower-agent --directory /srv/manifests
  Bring a revoked agent back, with a new token:
    switchtower-agent register --force --api-url https://api.example.com --token swr_tok_… \\
      --state-dir /var/lib/switchtower-agent

Every option can be an environment variable instead; a token is better one, since others see arguments.";

/// What ends the program.
#[derive(Debug)]
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start(cli.log.log_format, &cli.log.log);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(async {
            match cli.command {
                Command::Register(args) => register::register(args).await,
                Command::Run(args) => run::run(*args).await,
                Command::Status(args) => status::status(&args),
            }
        }),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            _ = writeln!(io::stderr(), "switchtower-agent: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line to standard output.
fn say(line: impl fmt::Display) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

impl Introduction {
    /// The request that a token and an address make, if both are given.
    fn request(&self, driver: &str, force: bool) -> Result<Option<crate::register::Request>, Failure> {
        let (Some(api_url), Some(token)) = (self.api_url.clone(), self.token.clone()) else { return Ok(None) };
        let name = self.name.clone().unwrap_or_else(host_name);
        Ok(Some(crate::register::Request { api_url, token, name, driver: driver.to_owned(), force }))
    }
}

/// The host's name, as far as it can be a name here.
fn host_name() -> Name {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    Name::slugify(host.trim(), "agent")
}

/// Reads an address that the API can be below.
fn api_url(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("{error}"))?;
    let fit = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    if fit { Ok(url) } else { Err("expected an http or https address without query and fragment".to_owned()) }
}

/// The default of `--state-dir`.
const STATE_DIR: &str = "/var/lib/switchtower-agent";

/// The state folder of a command.
type StateDir = PathBuf;
