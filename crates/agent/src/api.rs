//! The control plane's API over HTTPS: every request carries a token that the agent signed itself.

mod answer;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Url, redirect};
use serde::{Deserialize, Serialize};
use switchtower_domain::deployment::DeploymentId;
use switchtower_protocol::{
    desired::{DesiredItem, DesiredPage},
    heartbeat::{Heartbeat, HeartbeatReply},
    queue::QueueCredentials,
    registration::{Registration, RegistrationRequest},
    report::{Report, ReportReceipt},
    snapshot::Snapshot,
    usage::{UsageReceipt, UsageReport},
};

use self::answer::read;
use crate::{
    identity::{Identity, IdentityFolder},
    port::{ApiError, ControlPlane, Fetched},
};

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Deployments per page.
const PAGE: &str = "100";

/// The API with an identity.
#[derive(Debug)]
pub struct Api {
    client: Client,
    folder: IdentityFolder,
    identity: RwLock<Arc<Identity>>,
}

/// A client that follows no redirects, so that a token goes nowhere but to the API.
pub fn client() -> Result<Client, ApiError> {
    let builder = Client::builder()
        .user_agent(concat!("switchtower-agent/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT);
    builder.build().map_err(|error| ApiError::Unreachable(error.to_string()))
}

/// The address of a path below the API's base, which may have a path of its own.
pub fn join(base: &Url, path: &str) -> Result<Url, ApiError> {
    let joined = format!("{}/{path}", base.as_str().trim_end_matches('/'));
    joined.parse().map_err(|error| ApiError::Unreachable(format!("`{joined}` is no address: {error}")))
}

/// Registers an agent; this request alone carries no token of the agent's own.
pub async fn register(base: &Url, request: &RegistrationRequest) -> Result<Registration, ApiError> {
    let url = join(base, "v1/agent/registrations")?;
    read(client()?.post(url).json(request)).await
}

impl Api {
    /// The API as an identity sees it.
    pub fn new(folder: IdentityFolder, identity: Identity) -> Result<Self, ApiError> {
        Ok(Self { client: client()?, folder, identity: RwLock::new(Arc::new(identity)) })
    }

    /// Who the agent is now.
    pub fn identity(&self) -> Arc<Identity> {
        self.identity.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ApiError> {
        let url = join(&self.identity().base, path)?;
        self.signed(method, url)
    }

    fn signed(&self, method: Method, url: Url) -> Result<RequestBuilder, ApiError> {
        let token = self.identity().token(Timestamp::now()).map_err(|error| ApiError::Unsigned(error.to_string()))?;
        Ok(self.client.request(method, url).bearer_auth(token))
    }

    async fn post<T: for<'de> Deserialize<'de>>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        read(self.request(Method::POST, path)?.json(body)).await
    }
}

impl ControlPlane for Api {
    async fn deployment(&self, id: DeploymentId) -> Result<Option<Fetched>, ApiError> {
        let request = self.request(Method::GET, &format!("v1/agent/deployments/{id}"))?;
        match read::<serde_json::Value>(request).await {
            Ok(answer) => fetched(answer).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn deployments(&self, cursor: Option<&str>) -> Result<DesiredPage, ApiError> {
        let mut url = join(&self.identity().base, "v1/agent/deployments")?;
        url.query_pairs_mut().append_pair("limit", PAGE);
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        read(self.signed(Method::GET, url)?).await
    }

    async fn report(&self, report: &Report) -> Result<ReportReceipt, ApiError> {
        self.post("v1/agent/reports", report).await
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<HeartbeatReply, ApiError> {
        self.post("v1/agent/heartbeats", heartbeat).await
    }

    async fn usage(&self, report: &UsageReport) -> Result<UsageReceipt, ApiError> {
        self.post("v1/agent/usage", report).await
    }

    async fn queue_credentials(&self) -> Result<QueueCredentials, ApiError> {
        self.post("v1/agent/queue-credentials", &serde_json::json!({})).await
    }

    fn renew(&self) {
        match self.folder.load() {
            Ok(Some(identity)) if identity.registration.cluster_id == self.identity().registration.cluster_id => {
                *self.identity.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot read the registration again"),
        }
    }
}

/// Reads the item and its snapshot apart.
fn fetched(mut answer: serde_json::Value) -> Result<Fetched, ApiError> {
    let snapshot = answer.get_mut("snapshot").map(serde_json::Value::take).unwrap_or_default();
    let item: DesiredItem = serde_json::from_value(answer).map_err(|error| ApiError::Unreadable(error.to_string()))?;
    let snapshot = serde_json::from_value::<Option<Snapshot>>(snapshot).map_err(|error| error.to_string());
    Ok(Fetched { item, snapshot })
}
