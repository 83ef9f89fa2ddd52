//! `/v1/public` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::PUBLIC_INFO)
}
