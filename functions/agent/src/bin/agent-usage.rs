//! `/v1/agent/usage` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::AGENT_USAGE)
}
