//! `/v1/provider/product-publishes` as a Lambda function.

use std::sync::Arc;

use switchtower_api::{Api, routes::PROVIDER_PRODUCT_PUBLISHES};
use switchtower_host::doorbells::SqsDoorbells;

fn main() -> std::process::ExitCode {
    switchtower_host::http_with(&PROVIDER_PRODUCT_PUBLISHES, |host, api| match host.config.fast_doorbell {
        true => Ok(Api { doorbells: Arc::new(SqsDoorbells::new(&host.aws)), ..api }),
        false => Ok(api),
    })
}
