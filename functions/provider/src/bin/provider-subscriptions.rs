//! `/v1/provider/subscriptions` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::PROVIDER_SUBSCRIPTIONS)
}
