//! `/v1/admin/events` as a Lambda function.

fn main() -> std::process::ExitCode {
    switchtower_host::http(&switchtower_api::routes::ADMIN_EVENTS)
}
