//! The cluster provisioner as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::provisioner::provision()
}
