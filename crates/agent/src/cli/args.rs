//! Options.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use reqwest::Url;
use switchtower_domain::name::Name;

use super::{STATE_DIR, StateDir, api_url, nginx::NginxArgs};
use crate::{
    converge::Patience,
    driver::{kubernetes, nginx},
    log::Format,
};

/// How it logs.
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// What is logged: error, warn, info, debug, trace, or by module
    #[arg(long, global = true, env = "SWITCHTOWER_LOG", default_value = "info", value_name = "FILTER")]
    pub(super) log: String,
    /// How log lines are written
    #[arg(long, global = true, env = "SWITCHTOWER_LOG_FORMAT", default_value = "text")]
    pub(super) log_format: Format,
}

/// What it takes to register.
#[derive(Debug, Args)]
pub(super) struct Introduction {
    /// The control plane's address; it may have a path
    #[arg(long, env = "SWITCHTOWER_API_URL", value_parser = api_url, value_name = "URL")]
    pub(super) api_url: Option<Url>,
    /// A registration token of the cluster, `swr_tok_…`
    #[arg(long, env = "SWITCHTOWER_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(super) token: Option<String>,
    /// A name for people; the host's when left out
    #[arg(long, env = "SWITCHTOWER_AGENT_NAME", value_name = "NAME")]
    pub(super) name: Option<Name>,
}

/// `register`.
#[derive(Debug, Args)]
pub(super) struct RegisterArgs {
    #[command(flatten)]
    pub(super) introduction: Introduction,
    /// Where key, registration and state are kept
    #[arg(long, env = "SWITCHTOWER_STATE_DIR", default_value = STATE_DIR, value_name = "DIR")]
    pub(super) state_dir: StateDir,
    /// How desired state will be applied
    #[arg(long, env = "SWITCHTOWER_DRIVER", default_value = "directory")]
    pub(super) driver: DriverKind,
    /// Replace the identity that is there; the cluster and its state stay
    #[arg(long)]
    pub(super) force: bool,
}

/// `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) introduction: Introduction,
    /// Where key, registration and state are kept
    #[arg(long, env = "SWITCHTOWER_STATE_DIR", default_value = STATE_DIR, value_name = "DIR")]
    pub(super) state_dir: StateDir,
    /// How desired state is applied
    #[arg(long, env = "SWITCHTOWER_DRIVER", default_value = "directory")]
    pub(super) driver: DriverKind,
    /// The folder for manifests, of the driver `directory`
    #[arg(long, env = "SWITCHTOWER_DIRECTORY", value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
    #[command(flatten)]
    pub(super) kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub(super) nginx: NginxArgs,
    /// The namespace of all objects
    #[arg(long, env = "SWITCHTOWER_NAMESPACE", default_value = "switchtower", value_name = "NAME")]
    pub(super) namespace: String,
    /// The GatewayClass that Envoy Gateway serves
    #[arg(long, env = "SWITCHTOWER_GATEWAY_CLASS", default_value = "envoy-gateway", value_name = "NAME")]
    pub(super) gateway_class: String,
    /// Where /healthz and /metrics answer; port 0 picks one
    #[arg(long, env = "SWITCHTOWER_LISTEN", default_value = "127.0.0.1:9464", value_name = "ADDRESS")]
    pub(super) listen: SocketAddr,
    /// Seconds between full resyncs, which undo changes by hand and try again what failed
    #[arg(long, env = "SWITCHTOWER_RESYNC_SECONDS", default_value_t = 600, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(10..=86_400))]
    pub(super) resync_seconds: u64,
    /// Seconds between looks for changes by hand, 0 for none but full resyncs; 0 for `directory`, else 60
    #[arg(long, env = "SWITCHTOWER_DRIFT_SECONDS", value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(super) drift_seconds: Option<u64>,
    /// Seconds to wait for a gateway to take up what was applied
    #[arg(long, env = "SWITCHTOWER_ACCEPT_TIMEOUT", default_value_t = 60, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(5..=3_600))]
    pub(super) accept_timeout: u64,
}

/// What the driver `kubernetes` needs to know; without any of it, it manages the cluster that it runs in.
#[derive(Debug, Args)]
pub(super) struct KubernetesArgs {
    /// A kubeconfig file, of the driver `kubernetes`; the one in KUBECONFIG or the agent's own cluster when left out
    #[arg(long, env = "SWITCHTOWER_KUBECONFIG", value_name = "FILE")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// The context in the kubeconfig
    #[arg(long, env = "SWITCHTOWER_CONTEXT", value_name = "NAME")]
    pub(super) context: Option<String>,
    /// Take fields that other managers own, instead of reporting a conflict
    #[arg(long, env = "SWITCHTOWER_FORCE_CONFLICTS")]
    pub(super) force_conflicts: bool,
}

impl RunArgs {
    /// How long to wait for what.
    pub(super) fn patience(&self) -> Patience {
        let seconds = self.drift_seconds.unwrap_or(match self.driver {
            DriverKind::Directory => 0,
            // Names of backends are looked up with every look.
            DriverKind::Kubernetes | DriverKind::Nginx => 60,
        });
        let check = (seconds > 0).then(|| Duration::from_secs(seconds));
        Patience { accept: Duration::from_secs(self.accept_timeout), check, ..Patience::default() }
    }
}

/// `status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Where key, registration and state are kept
    #[arg(long, env = "SWITCHTOWER_STATE_DIR", default_value = STATE_DIR, value_name = "DIR")]
    pub(super) state_dir: StateDir,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// The drivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DriverKind {
    /// Writes manifests to a folder, for GitOps and demos.
    Directory,
    /// Applies objects to a Kubernetes cluster.
    Kubernetes,
    /// Configures an nginx on this host.
    Nginx,
}

impl DriverKind {
    /// Its name in a registration.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Kubernetes => kubernetes::NAME,
            Self::Nginx => nginx::NAME,
        }
    }
}
