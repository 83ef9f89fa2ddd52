//! `/v1/realtime/tickets` as a Lambda function.

use switchtower_api::routes::REALTIME_TICKETS;

fn main() -> std::process::ExitCode {
    switchtower_host::http_with(&REALTIME_TICKETS, switchtower_host::live::equip)
}
