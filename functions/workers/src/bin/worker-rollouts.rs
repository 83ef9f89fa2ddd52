//! The worker of rollouts as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::rollouts::advance()
}
