//! `/v1/provider/api-services` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::PROVIDER_API_SERVICES)
}
