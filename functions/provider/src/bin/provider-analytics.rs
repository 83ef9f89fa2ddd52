//! `/v1/provider/analytics` as a Lambda function.

use switchtower_api::routes::PROVIDER_ANALYTICS;

fn main() -> std::process::ExitCode {
    switchtower_host::http(&PROVIDER_ANALYTICS)
}
