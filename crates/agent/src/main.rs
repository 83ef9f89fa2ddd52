//! `switchtower-agent`.

use std::process::ExitCode;

fn main() -> ExitCode {
    switchtower_agent::cli::main()
}
