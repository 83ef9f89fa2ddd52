//! `/v1/provider/products` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::PROVIDER_PRODUCTS)
}
