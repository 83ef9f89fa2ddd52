//! The relay of the outbox as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::outbox::relay()
}
