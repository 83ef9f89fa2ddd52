//! How the agent finds its cluster.

use std::{path::PathBuf, time::Duration};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where the cluster is, when it is not simply the one that the agent runs in or `KUBECONFIG` names.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// A kubeconfig file.
    pub kubeconfig: Option<PathBuf>,
    /// A context in it.
    pub context: Option<String>,
}

/// Why there is no way to the cluster.
#[derive(Debug, thiserror::Error)]
#[error("cannot tell which cluster to manage: {0}; give --kubeconfig, or run the agent in the cluster")]
pub struct ConnectError(String);

/// A client of the cluster; it is not asked anything yet.
pub async fn connect(place: &Place) -> Result<Client, ConnectError> {
    let failed = |error: &dyn std::error::Error| ConnectError(error.to_string());
    let options = KubeConfigOptions { context: place.context.clone(), ..KubeConfigOptions::default() };
    let mut config = match (&place.kubeconfig, &place.context) {
        (Some(path), _) => {
            let file = Kubeconfig::read_from(path).map_err(|error| failed(&error))?;
            Config::from_custom_kubeconfig(file, &options).await.map_err(|error| failed(&error))?
        }
        (None, Some(_)) => Config::from_kubeconfig(&options).await.map_err(|error| failed(&error))?,
        (None, None) => Config::infer().await.map_err(|error| failed(&error))?,
    };
    // What is refused for a moment is tried again by the agent itself, which can say so meanwhile.
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(TIMEOUT);
    config.write_timeout = Some(TIMEOUT);
    config.default_retry = false;
    Client::try_from(config).map_err(|error| failed(&error))
}
