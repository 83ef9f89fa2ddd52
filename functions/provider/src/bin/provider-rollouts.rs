//! `/v1/provider/rollouts` as a Lambda function.

use switchtower_api::routes::PROVIDER_ROLLOUTS;

fn main() -> std::process::ExitCode {
    switchtower_host::http(&PROVIDER_ROLLOUTS)
}
