//! `/v1/admin/api-keys` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::ADMIN_API_KEYS)
}
