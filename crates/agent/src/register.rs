//! Registering: a one-time token and a fresh public key for an identity.

use std::path::Path;

use jiff::Timestamp;
use reqwest::Url;
use switchtower_domain::{
    cluster::ClusterId, credential::Credential, name::Name, registration_token::RegistrationToken,
};
use switchtower_protocol::registration::RegistrationRequest;

use crate::{
    api,
    identity::{IdentityFolder, Registered},
    port::{ApiError, StoreError},
    state::file::StateFile,
};

/// What it takes.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where the API is.
    pub api_url: Url,
    /// The registration token.
    pub token: String,
    /// A name for people.
    pub name: Name,
    /// How the agent applies desired state.
    pub driver: String,
    /// Whether an identity that is there already is replaced.
    pub force: bool,
}

/// Why the agent is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// It is already.
    #[error("this agent is registered already (`{}`); `register --force` registers it anew", .0.registration.agent_id)]
    Already(Box<Registered>),
    /// The token cannot be one.
    #[error("the registration token is malformed: it reads `swr_tok_…`, and must be copied whole")]
    MalformedToken,
    /// The folder holds another cluster's state.
    #[error(
        "the token is for `{new}`, but this state folder is of `{old}`; the token is spent: issue another one for `{old}`, or use another folder"
    )]
    OtherCluster {
        /// The token's cluster.
        new: ClusterId,
        /// The folder's cluster.
        old: ClusterId,
    },
    /// The control plane did not register it.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The identity could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RegisterError {
    /// Whether the same token may do later.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Api(error) if error.is_passing())
    }
}

/// Registers the agent of a state folder.
pub async fn register(state_dir: &Path, request: Request) -> Result<Registered, RegisterError> {
    let folder = IdentityFolder::new(state_dir);
    folder.make()?;
    if let Some(registered) = folder.registered()?.filter(|_| !request.force) {
        return Err(RegisterError::Already(Box::new(registered)));
    }
    let token: Credential<RegistrationToken> =
        request.token.trim().parse().map_err(|_| RegisterError::MalformedToken)?;
    let state = StateFile::new(state_dir).load()?;
    let key = folder.pending_key()?;
    let body = RegistrationRequest {
        token: token.reveal(),
        public_key: key.public(),
        name: request.name,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        driver: request.driver,
    };
    let registration = api::register(&request.api_url, &body).await?;
    if let Some(state) = state.filter(|state| state.cluster_id != registration.cluster_id) {
        return Err(RegisterError::OtherCluster { new: registration.cluster_id, old: state.cluster_id });
    }
    let registered = Registered { api_url: request.api_url.into(), registered_at: Timestamp::now(), registration };
    folder.save(&registered, &key)?;
    Ok(registered)
}
