//! `/v1/admin/tenants` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::ADMIN_TENANTS)
}
