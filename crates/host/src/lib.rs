//! The composition root of the cloud half: every function's `main` is one call of this crate.
//!
//! ```text
//!   environment --> Config --> AWS clients --> Store --> Control --+--> api::routes::X.router(api) --> Lambda (HTTP)
//!                                 |                               |
//!                                 +--> ports (queues, buses, …) --+--> a use case per event        --> Lambda (events)
//! ```
//!
//! What costs time at start is kept small: one HTTP client for all AWS clients, the table's connection opened while the
//! function still initializes, identity providers' keys fetched when the first token asks for them.

pub mod auth;
mod aws;
pub mod config;
pub mod doorbells;
pub mod entropy;
pub mod event_bus;
pub mod fleet;
pub mod live;
pub mod metrics;
pub mod outbox;
pub mod provisioner;
pub mod provisioning;
pub mod queue_access;
pub mod rollouts;
pub mod serve;
pub mod sockets;
pub mod telemetry;

use std::sync::Arc;

use aws_types::SdkConfig;
use jiff::Timestamp;
use switchtower_api::Api;
use switchtower_control::{Control, ports::NoDoorbells};
use switchtower_domain::context::Context;
use switchtower_store::Store;

pub use self::{
    config::Config,
    serve::{events, http, http_with},
};

/// What a function is made of.
pub struct Host {
    /// Its settings.
    pub config: Config,
    /// What AWS clients are made of.
    pub aws: SdkConfig,
    /// The table.
    pub store: Store,
}

impl Host {
    /// Reads the environment and opens the table's connection.
    pub async fn start() -> Result<Self, config::ConfigError> {
        let config = Config::from_env()?;
        let aws = aws::config()?;
        let store = Store::new(aws_sdk_dynamodb::Client::new(&aws), config.table.clone());
        store.warm().await;
        Ok(Self { config, aws, store })
    }

    /// The use cases.
    pub fn control(&self) -> Control {
        Control {
            store: self.store.clone(),
            heartbeat_seconds: self.config.heartbeat_seconds,
            audience: self.config.audience.clone(),
            issuer: self.config.oidc.issuer.clone(),
        }
    }

    /// The context of a handler of events, named after what it handles.
    pub fn context(request_id: impl Into<String>) -> Context {
        Context::new(Timestamp::now(), request_id, Arc::new(entropy::System))
    }

    /// The state of the HTTP routers, with no ports but the table.
    pub fn api(&self) -> Api {
        Api {
            control: self.control(),
            authenticator: Arc::new(auth::Auth::new(self.store.clone(), &self.config)),
            clock: Arc::new(Timestamp::now),
            entropy: Arc::new(entropy::System),
            doorbells: Arc::new(NoDoorbells),
            queue_access: None,
            websocket_url: None,
        }
    }
}
