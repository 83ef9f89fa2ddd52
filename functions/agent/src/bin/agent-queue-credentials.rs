//! `/v1/agent/queue-credentials` as a Lambda function.

use switchtower_api::routes::AGENT_QUEUE_CREDENTIALS;

fn main() -> std::process::ExitCode {
    switchtower_host::http_with(&AGENT_QUEUE_CREDENTIALS, switchtower_host::queue_access::equip)
}
