//! `/v1/operator/agents` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::OPERATOR_AGENTS)
}
