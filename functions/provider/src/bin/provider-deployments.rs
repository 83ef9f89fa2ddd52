//! `/v1/provider/deployments` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::PROVIDER_DEPLOYMENTS)
}
