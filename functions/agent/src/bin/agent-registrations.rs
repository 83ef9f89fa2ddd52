//! `/v1/agent/registrations` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::AGENT_REGISTRATIONS)
}
