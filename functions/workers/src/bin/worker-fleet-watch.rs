//! The watch over the fleet as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::fleet::watch()
}
