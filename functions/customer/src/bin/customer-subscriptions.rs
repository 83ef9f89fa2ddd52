//! `/v1/customer/subscriptions` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::CUSTOMER_SUBSCRIPTIONS)
}
