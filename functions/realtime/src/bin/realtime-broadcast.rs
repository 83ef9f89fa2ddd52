//! The broadcast of the live feed as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::live::broadcast()
}
