//! `/v1/operator/clusters` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::OPERATOR_CLUSTERS)
}
