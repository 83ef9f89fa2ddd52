//! `/v1/realtime/tickets` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::live::tickets()
}
