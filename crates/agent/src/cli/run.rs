//! `switchtower-agent run`: the composition of the agent.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use switchtower_render::Options;
use tokio::net::TcpListener;

use super::{
    Failure,
    args::{DriverKind, KubernetesArgs, RunArgs},
    signal,
};
use crate::{
    api::Api,
    backoff::Backoff,
    clock::SystemClock,
    driver::{
        directory::Directory,
        kubernetes::{
            Kubernetes,
            connect::{Place, connect},
        },
        nginx::{Nginx, Settings},
    },
    http,
    identity::{Identity, IdentityFolder},
    metrics::Metrics,
    port::{Clock, Driver},
    register,
    run::{Agent, Pace},
    sqs::SqsQueue,
    standing::Standing,
    state::{State, file::StateFile},
    stop::Stop,
};

/// Between attempts of an agent that is refused.
const REFUSED: Duration = Duration::from_secs(60);

/// Between tellings of how much traffic there was.
const USAGE: Duration = Duration::from_secs(60);

pub(super) async fn run(args: RunArgs) -> Result<(), Failure> {
    let (stopper, stop) = Stop::new();
    signal::heed(stopper)?;
    let way = Way::find(&args).await?;
    let folder = IdentityFolder::new(&args.state_dir);
    folder.make()?;
    let _lock = lock(&args.state_dir)?;
    let Some(identity) = introduce(&args, &folder, &stop).await? else { return Ok(()) };
    let cluster = identity.registration.cluster_id;
    let options = Options {
        namespace: args.namespace.clone(),
        envoy_gateway_class: args.gateway_class.clone(),
        nginx: args.nginx.host(),
    };
    match way {
        Way::Directory(directory) => {
            work(args, folder, identity, Directory::new(directory, cluster, options), stop).await
        }
        Way::Nginx(settings) => work(args, folder, identity, Nginx::new(settings, cluster, options), stop).await,
        Way::Kubernetes(client) => {
            let driver = Kubernetes::new(client, cluster, options, args.kubernetes.force_conflicts);
            work(args, folder, identity, driver, stop).await
        }
    }
}

/// The way to what is managed, known to be one before a token is spent.
enum Way {
    Directory(PathBuf),
    Kubernetes(kube::Client),
    Nginx(Settings),
}

impl Way {
    async fn find(args: &RunArgs) -> Result<Self, Failure> {
        match args.driver {
            DriverKind::Directory => {
                let missing = || Failure("the driver `directory` needs --directory".to_owned());
                args.directory.clone().map(Self::Directory).ok_or_else(missing)
            }
            DriverKind::Kubernetes => {
                let KubernetesArgs { kubeconfig, context, .. } = &args.kubernetes;
                let place = Place { kubeconfig: kubeconfig.clone(), context: context.clone() };
                Ok(Self::Kubernetes(connect(&place).await?))
            }
            DriverKind::Nginx => {
                let missing = || Failure("the driver `nginx` needs --nginx-dir".to_owned());
                args.nginx.settings()?.map(Self::Nginx).ok_or_else(missing)
            }
        }
    }
}

/// Works with a driver until it is time to stop.
async fn work<D: Driver>(
    args: RunArgs,
    folder: IdentityFolder,
    identity: Identity,
    driver: D,
    stop: Stop,
) -> Result<(), Failure> {
    let registration = identity.registration.clone();
    let store = StateFile::new(&args.state_dir);
    let cluster = registration.cluster_id;
    let state = store.load()?.unwrap_or_else(|| State::new(cluster));
    if state.cluster_id != cluster {
        let old = state.cluster_id;
        return Err(Failure(format!(
            "the state folder is of `{old}`, and the agent of `{cluster}`; use another folder"
        )));
    }
    let (metrics, standing) = (Arc::new(Metrics::default()), Standing::default());
    let control = Arc::new(Api::new(folder, identity)?);
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| Failure(format!("cannot listen on {}: {error}; --listen takes another one", args.listen)))?;
    tracing::info!(
        agent = %registration.agent_id, %cluster, driver = driver.name(), listen = %listener.local_addr()?,
        deployments = state.present(), version = env!("CARGO_PKG_VERSION"), "starting"
    );
    let told = http::Told {
        agent_id: registration.agent_id,
        cluster_id: cluster,
        driver: driver.name(),
        metrics: metrics.clone(),
        standing: standing.clone(),
    };
    let server = tokio::spawn(async move { axum::serve(listener, http::router(told)).await });
    let agent = Agent {
        queue: SqsQueue::new(control.clone(), SystemClock),
        control,
        driver,
        store,
        clock: SystemClock,
        state,
        pace: Pace {
            heartbeat: Duration::from_secs(registration.heartbeat_seconds.max(1).into()),
            resync: Duration::from_secs(args.resync_seconds),
            refused: REFUSED,
            usage: USAGE,
            patience: args.patience(),
        },
        metrics,
        standing,
    };
    agent.run(stop).await;
    server.abort();
    tracing::info!("stopped");
    Ok(())
}

/// One agent per state folder; the lock goes with the process.
fn lock(state_dir: &Path) -> Result<File, Failure> {
    let file = File::create(state_dir.join("lock"))?;
    file.try_lock().map_err(|_| Failure(format!("another agent runs on `{}`", state_dir.display())))?;
    Ok(file)
}

/// The identity: the one that is there, or a new one. `None` when it is time to stop before there is one.
async fn introduce(args: &RunArgs, folder: &IdentityFolder, stop: &Stop) -> Result<Option<Identity>, Failure> {
    if let Some(identity) = folder.load()? {
        return Ok(Some(identity));
    }
    let missing =
        || Failure("this agent is not registered; give --api-url and --token, or `register` first".to_owned());
    let request = args.introduction.request(args.driver.name(), false)?.ok_or_else(missing)?;
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
    loop {
        match register::register(&args.state_dir, request.clone()).await {
            Ok(registered) => {
                tracing::info!(agent = %registered.registration.agent_id, "registered");
                return Ok(folder.load()?);
            }
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "could not register yet");
                tokio::select! {
                    () = stop.wait() => return Ok(None),
                    () = SystemClock.sleep(backoff.next(SystemClock.fraction())) => {}
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}
