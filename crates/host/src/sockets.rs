//! The connections of the live feed: API Gateway's management API.

use aws_sdk_apigatewaymanagement::{
    Client, config,
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
};
use futures::future::BoxFuture;
use switchtower_control::ports::{Delivery, PortError, Sockets};

use crate::{
    Host,
    config::{ConfigError, required},
};

/// Sends through `@connections`.
#[derive(Debug, Clone)]
pub struct Connections(Client);

impl Connections {
    /// The connections of the stage at `WEBSOCKET_MANAGEMENT_URL`.
    pub fn new(host: &Host) -> Result<Self, ConfigError> {
        let url = required("WEBSOCKET_MANAGEMENT_URL")?;
        Ok(Self(Client::from_conf(config::Builder::from(&host.aws).endpoint_url(url).build())))
    }
}

impl Sockets for Connections {
    fn send<'a>(&'a self, connection: &'a str, frame: String) -> BoxFuture<'a, Result<Delivery, PortError>> {
        Box::pin(async move {
            let post = self.0.post_to_connection().connection_id(connection).data(Blob::new(frame));
            match post.send().await {
                Ok(_) => Ok(Delivery::Taken),
                Err(error) if is_gone(&error) => Ok(Delivery::Gone),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn close<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(async move {
            match self.0.delete_connection().connection_id(connection).send().await {
                Ok(_) => Ok(()),
                Err(error) if is_gone(&error) => Ok(()),
                Err(error) => Err(error.into()),
            }
        })
    }
}

/// The status counts as well as the name of the error, which is not always told.
fn is_gone<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let status = error.raw_response().map(|response| response.status().as_u16());
    status == Some(410) || error.code() == Some("GoneException")
}
