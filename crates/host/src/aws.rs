//! What the AWS clients of a function share.
//!
//! Lambda says all of it in environment variables. The SDK's own chain of places to look at (profiles, single sign-on, instance
//! metadata) is left out: with its clients it is a tenth of a binary, and a millisecond of each start.

use std::time::Duration;

use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::SdkConfig;

use crate::config::{ConfigError, optional, required};

/// How long a connection may take, as in the SDK's own defaults.
const CONNECT: Duration = Duration::from_millis(3100);

/// The region, the credentials of the function's role, one HTTP client for all, and the emulator's address where there is one.
pub(crate) fn config() -> Result<SdkConfig, ConfigError> {
    let (id, secret) = (required("AWS_ACCESS_KEY_ID")?, required("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(id, secret, optional("AWS_SESSION_TOKEN"), None, "lambda");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(required("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build())
        .http_client(Builder::new().tls_provider(Provider::rustls(CryptoMode::AwsLc)).build_https());
    Ok(match optional("AWS_ENDPOINT_URL") {
        Some(endpoint) => config.endpoint_url(endpoint).build(),
        None => config.build(),
    })
}
