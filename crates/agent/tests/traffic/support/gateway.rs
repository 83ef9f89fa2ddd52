//! An nginx in a folder of its own, driven as the agent does it.

use std::{
    collections::BTreeSet,
    env, fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder, Response};
use rustix::process::{Pid, Signal, kill_process};
use switchtower_agent::{
    driver::nginx::{Nginx, Resolver, Settings},
    port::{Driver, DriverError, ObjectResult, Order},
};
use switchtower_domain::{
    cluster::ClusterId,
    deployment::{DeploymentId, Generation, ObjectOutcome},
    product_publish::DriftPolicy,
};
use switchtower_protocol::snapshot::Snapshot;
use switchtower_render::{NginxHost, Options};
use tempfile::TempDir;

use super::{Echo, free_port, speaks_ipv6};

/// A gateway; it ends with the test.
pub(crate) struct Gateway {
    pub(crate) folder: TempDir,
    /// Its first listener's port.
    pub(crate) port: u16,
    pub(crate) client: Client,
    /// Who looks names up.
    pub(crate) resolver: Resolver,
}

impl Gateway {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("secrets")).unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { folder, port: free_port(), client, resolver: Resolver::default() }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("nginx")
    }

    pub(crate) fn secret(&self, name: &str, file: &str) -> PathBuf {
        let folder = self.folder.path().join("secrets").join(name);
        fs::create_dir_all(&folder).unwrap();
        folder.join(file)
    }

    /// The driver, as a process that has just started has it.
    pub(crate) fn driver(&self) -> Nginx {
        let program = env::var_os("SWITCHTOWER_NGINX").expect("SWITCHTOWER_NGINX says where nginx is");
        let secrets = self.folder.path().join("secrets");
        let settings = Settings { folder: self.home(), program: program.into(), secrets, manage: true };
        let ca_bundle = self.folder.path().join("ca.crt").display().to_string();
        let nginx = NginxHost { ca_bundle, ipv6: speaks_ipv6() };
        let options = Options { nginx, ..Options::default() };
        Nginx::new(settings, ClusterId::nil(), options).asking(self.resolver.clone())
    }

    /// The order for a generation of a snapshot.
    pub(crate) fn order(&self, snapshot: &Snapshot, generation: u64) -> Order {
        let objects = self.driver().plan(snapshot).unwrap_or_else(|failures| panic!("{failures:?}"));
        Order {
            deployment_id: snapshot.deployment_id,
            generation: Generation(generation),
            drift: DriftPolicy::Correct,
            established: false,
            objects: objects.into(),
            delete: BTreeSet::new(),
        }
    }

    pub(crate) async fn apply(&self, order: &Order) -> Result<Vec<ObjectResult>, DriverError> {
        self.driver().apply(order).await.map(|placed| placed.results)
    }

    /// Publishes a generation, which must work.
    pub(crate) async fn publish(&self, snapshot: &Snapshot, generation: u64) -> Vec<ObjectResult> {
        let results = self.apply(&self.order(snapshot, generation)).await.unwrap();
        let failed = results.iter().find(|result| result.outcome == ObjectOutcome::Failed);
        assert!(failed.is_none(), "nginx does not take it: {failed:?}");
        results
    }

    /// Takes a deployment away.
    pub(crate) async fn withdraw(&self, id: DeploymentId, generation: u64) -> Vec<ObjectResult> {
        let owned = self.driver().owned().await.unwrap();
        let delete = owned.into_iter().find(|owned| owned.deployment_id == id).map(|owned| owned.objects);
        let order = Order {
            deployment_id: id,
            generation: Generation(generation),
            drift: DriftPolicy::Correct,
            established: false,
            objects: Vec::new().into(),
            delete: delete.unwrap_or_default(),
        };
        self.apply(&order).await.unwrap()
    }

    /// How long it takes from an order to the first request that the new configuration answers: the publish-to-traffic
    /// time without the control plane's part.
    pub(crate) async fn publish_to_traffic(
        &self,
        order: &Order,
        request: RequestBuilder,
        is_new: impl Fn(&Response) -> bool,
    ) -> Duration {
        let start = Instant::now();
        self.apply(order).await.unwrap();
        let answer = request.try_clone().unwrap().send().await.unwrap();
        assert!(
            is_new(&answer),
            "the driver says that it is in force, and a request sees the one of before: {answer:?}"
        );
        start.elapsed()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    /// The status of a GET.
    pub(crate) async fn status(&self, path: &str) -> u16 {
        self.get(path).send().await.unwrap().status().as_u16()
    }

    /// What the backend was asked when a client sends that.
    pub(crate) async fn echo(&self, request: RequestBuilder) -> Echo {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("no backend answered, but the gateway {status}: {text}"))
    }

    pub(crate) fn master(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.home().join("run/nginx.pid")).ok()?;
        Pid::from_raw(text.trim().parse().ok()?)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(master) = self.master() {
            _ = kill_process(master, Signal::TERM);
        }
    }
}
