//! Options of the driver `nginx`.

use std::{
    env, io,
    net::{Ipv6Addr, TcpListener},
    path::PathBuf,
};

use clap::Args;
use switchtower_render::NginxHost;

use crate::driver::nginx::Settings;

/// What the driver `nginx` needs to know.
#[derive(Debug, Args)]
pub(super) struct NginxArgs {
    /// The folder for the configuration, of the driver `nginx`
    #[arg(long, env = "SWITCHTOWER_NGINX_DIR", value_name = "DIR")]
    nginx_dir: Option<PathBuf>,
    /// The nginx program
    #[arg(long, env = "SWITCHTOWER_NGINX_BIN", default_value = "nginx", value_name = "FILE")]
    nginx_bin: PathBuf,
    /// The folder with a folder for each certificate and each set of credentials, as Kubernetes mounts Secrets
    #[arg(long, env = "SWITCHTOWER_NGINX_SECRETS", default_value = "/etc/switchtower/secrets", value_name = "DIR")]
    nginx_secrets: PathBuf,
    /// The authorities that certificates of backends are checked against
    #[arg(
        long,
        env = "SWITCHTOWER_NGINX_CA",
        default_value = "/etc/ssl/certs/ca-certificates.crt",
        value_name = "FILE"
    )]
    nginx_ca: PathBuf,
    /// Start nginx when it does not run; it goes on without the agent
    #[arg(long, env = "SWITCHTOWER_NGINX_MANAGE")]
    nginx_manage: bool,
}

impl NginxArgs {
    /// What nginx finds here.
    pub(super) fn host(&self) -> NginxHost {
        let ipv6 = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok();
        NginxHost { ca_bundle: self.nginx_ca.display().to_string(), ipv6 }
    }

    /// Where nginx is; `None` without a folder.
    pub(super) fn settings(&self) -> io::Result<Option<Settings>> {
        let Some(folder) = &self.nginx_dir else { return Ok(None) };
        // nginx takes paths in a configuration to be relative to places of its own.
        let folder = env::current_dir()?.join(folder);
        let (program, secrets) = (self.nginx_bin.clone(), self.nginx_secrets.clone());
        Ok(Some(Settings { folder, program, secrets, manage: self.nginx_manage }))
    }
}
