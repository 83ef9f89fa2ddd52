//! Runs a function: an HTTP resource, or a handler of events.

use std::{error::Error, future::Future, process::ExitCode, time::Instant};

use lambda_http::{Request, tower::ServiceExt};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};
use switchtower_api::{Api, routes::Resource};
use tokio::runtime::{Builder, Runtime};

use crate::{Host, metrics, telemetry};

/// Serves a resource that needs nothing but the table.
pub fn http(resource: &'static Resource) -> ExitCode {
    http_with(resource, |_, api| Ok(api))
}

/// Serves a resource whose use cases need ports; `equip` adds them.
pub fn http_with(
    resource: &'static Resource,
    equip: impl FnOnce(&Host, Api) -> Result<Api, Box<dyn Error + Send + Sync>>,
) -> ExitCode {
    run(async move {
        let host = Host::start().await?;
        let router = resource.router(equip(&host, host.api())?);
        let answer = move |request: Request| {
            let router = router.clone();
            async move {
                let (started, cold) = (Instant::now(), telemetry::cold_start());
                let response = router.oneshot(request).await?;
                metrics::record(resource.function, response.status().as_u16(), started.elapsed(), cold);
                Ok::<_, std::convert::Infallible>(response)
            }
        };
        lambda_http::run(lambda_http::service_fn(answer)).await
    })
}

/// Serves events of type `E`; `make` builds the handler.
pub fn events<E, R, H, F>(
    function: &'static str,
    make: impl FnOnce(&Host) -> Result<H, Box<dyn Error + Send + Sync>>,
) -> ExitCode
where
    E: DeserializeOwned + Send + 'static,
    R: Serialize + Send + 'static,
    H: Fn(E) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<R, Box<dyn Error + Send + Sync>>> + Send,
{
    run(async move {
        let host = Host::start().await?;
        let handler = make(&host)?;
        let answer = move |event: LambdaEvent<E>| {
            let handler = handler.clone();
            async move {
                let (started, cold) = (Instant::now(), telemetry::cold_start());
                let result = handler(event.payload).await;
                let status = if result.is_ok() { 200 } else { 500 };
                metrics::record(function, status, started.elapsed(), cold);
                if let Err(error) = &result {
                    tracing::error!(function, %error, "the event could not be handled");
                }
                result
            }
        };
        lambda_runtime::run(service_fn(answer)).await
    })
}

fn run(serve: impl Future<Output = Result<(), Box<dyn Error + Send + Sync>>>) -> ExitCode {
    telemetry::start();
    let result = runtime().map_err(Into::into).and_then(|runtime| runtime.block_on(serve));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function could not start");
            ExitCode::FAILURE
        }
    }
}

/// A function answers one request at a time, so one thread is enough, and starts faster.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
