//! `/v1/me` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::PUBLIC_ME)
}
