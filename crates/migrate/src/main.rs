//! `switchtower-import`.

use std::process::ExitCode;

fn main() -> ExitCode {
    switchtower_migrate::cli::main()
}
