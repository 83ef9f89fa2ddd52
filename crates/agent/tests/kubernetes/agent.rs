//! An agent with the driver, a control plane of one deployment, and a clock that is set.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;
use switchtower_agent::{
    converge::{ConvergeError, Converger, Effort},
    driver::kubernetes::Kubernetes,
    metrics::Metrics,
    port::{
        ApiError, Clock, ControlPlane, Driver, Fetched, ObjectKey, ObjectResult, Order, Placed, Problem, StateStore,
        StoreError,
    },
    state::State,
    stop::Stop,
};
use switchtower_domain::{
    actor::Actor,
    change::Stamp,
    cluster::ClusterId,
    deployment::{
        Condition, Deployment, DeploymentId, DeploymentStatus, Desired, Generation, ObjectOutcome, ObjectStatus,
    },
    id::Id,
    product_publish::DriftPolicy,
    resource::Resource,
};
use switchtower_protocol::{
    capabilities::Capabilities,
    desired::{DesiredItem, DesiredPage},
    heartbeat::{Heartbeat, HeartbeatReply},
    queue::QueueCredentials,
    report::{Report, ReportReceipt},
    snapshot::Snapshot,
    usage::{UsageReceipt, UsageReport},
};

use crate::server::StandIn;

/// A product with two API services and three backends.
pub(crate) fn snapshot() -> Snapshot {
    Snapshot { cluster_id: ClusterId::nil(), ..switchtower_render::fixture::small() }
}

/// The same without its second API service.
pub(crate) fn smaller() -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.api_services.truncate(1);
    snapshot
}

pub(crate) fn order(driver: &Kubernetes, snapshot: &Snapshot, generation: u64) -> Order {
    Order {
        deployment_id: snapshot.deployment_id,
        generation: Generation(generation),
        drift: DriftPolicy::Correct,
        established: false,
        objects: driver.plan(snapshot).unwrap().into(),
        delete: Default::default(),
    }
}

pub(crate) fn outcomes(placed: &Placed) -> Vec<ObjectOutcome> {
    placed.results.iter().map(|result| result.outcome).collect()
}

/// The result of the object of a kind.
pub(crate) fn of<'p>(placed: &'p Placed, kind: &str) -> &'p ObjectResult {
    placed.results.iter().find(|result| result.key.kind == kind).unwrap()
}

pub(crate) fn key(api_version: &str, kind: &str, name: &str) -> ObjectKey {
    let namespace = Some("switchtower".to_owned());
    ObjectKey { api_version: api_version.into(), kind: kind.into(), namespace, name: name.into() }
}

/// A control plane that knows one deployment, and its neighbours.
pub(crate) struct Control {
    pub(crate) deployment: Option<Resource<Deployment>>,
    pub(crate) snapshot: Snapshot,
    /// Further deployments of the cluster.
    pub(crate) neighbours: BTreeMap<DeploymentId, (Resource<Deployment>, Snapshot)>,
    pub(crate) reports: Vec<Report>,
    pub(crate) told: Vec<Capabilities>,
    pub(crate) down: bool,
    now: Timestamp,
    disk: Option<String>,
}

#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<Control>>);

fn stamp() -> Stamp {
    Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::System("test".into()) }
}

impl World {
    fn with<T>(&self, act: impl FnOnce(&mut Control) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    fn request(&self) -> Result<(), ApiError> {
        let down = self.with(|control| control.down);
        if down { Err(ApiError::Unreachable("the test says so".into())) } else { Ok(()) }
    }
}

impl Control {
    fn all(&self) -> impl Iterator<Item = (&Resource<Deployment>, &Snapshot)> {
        let own = self.deployment.iter().map(|deployment| (deployment, &self.snapshot));
        own.chain(self.neighbours.values().map(|(deployment, snapshot)| (deployment, snapshot)))
    }

    fn known(&mut self, id: DeploymentId) -> Option<&mut Resource<Deployment>> {
        match self.neighbours.get_mut(&id) {
            Some((neighbour, _)) => Some(neighbour),
            None => self.deployment.as_mut().filter(|deployment| deployment.id == id),
        }
    }
}

fn item(deployment: &Resource<Deployment>) -> DesiredItem {
    DesiredItem {
        deployment_id: deployment.id,
        generation: deployment.body.generation,
        desired: deployment.body.desired,
        digest: deployment.body.digest.clone(),
        settled: deployment.body.is_settled(),
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.with(|control| control.now)
    }

    async fn sleep(&self, _: Duration) {}

    fn fraction(&self) -> f64 {
        0.5
    }
}

impl StateStore for World {
    async fn save(&self, state: &State) -> Result<(), StoreError> {
        self.with(|control| control.disk = Some(serde_json::to_string(state).unwrap()));
        Ok(())
    }
}

impl ControlPlane for World {
    async fn deployment(&self, id: DeploymentId) -> Result<Option<Fetched>, ApiError> {
        self.request()?;
        Ok(self.with(|control| {
            let (deployment, snapshot) = control.all().find(|(deployment, _)| deployment.id == id)?;
            let item = item(deployment);
            let snapshot = (item.desired == Desired::Present).then(|| snapshot.clone());
            Some(Fetched { item, snapshot: Ok(snapshot) })
        }))
    }

    async fn deployments(&self, _: Option<&str>) -> Result<DesiredPage, ApiError> {
        self.request()?;
        let items = self.with(|control| control.all().map(|(deployment, _)| item(deployment)).collect());
        Ok(DesiredPage { items, next_cursor: None, desired_version: 1 })
    }

    async fn report(&self, report: &Report) -> Result<ReportReceipt, ApiError> {
        self.request()?;
        self.with(|control| {
            control.reports.push(report.clone());
            let not_found =
                || ApiError::Refused(Problem { status: 404, code: "not_found".into(), ..Problem::default() });
            let known = control.known(report.deployment_id).ok_or_else(not_found)?;
            if let Some(change) = known.clone().reported(report.clone().into_body(), &stamp()) {
                *known = change.after().unwrap().clone();
            }
            Ok(ReportReceipt { generation: known.body.generation, status: known.body.status })
        })
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<HeartbeatReply, ApiError> {
        self.with(|control| control.told.extend(heartbeat.capabilities.clone()));
        Ok(HeartbeatReply { desired_version: 1, heartbeat_seconds: 10 })
    }

    async fn usage(&self, _: &UsageReport) -> Result<UsageReceipt, ApiError> {
        Err(ApiError::Unreachable("nobody asks for it".into()))
    }

    async fn queue_credentials(&self) -> Result<QueueCredentials, ApiError> {
        Err(ApiError::Unreachable("there is no queue".into()))
    }
}

/// The agent at work.
pub(crate) struct Agent {
    pub(crate) stand_in: StandIn,
    pub(crate) world: World,
    converger: Converger<World, Kubernetes, World, World>,
}

impl Agent {
    /// An agent with a deployment to apply.
    pub(crate) async fn start() -> Self {
        Self::start_at(StandIn::start().await).await
    }

    pub(crate) async fn start_at(stand_in: StandIn) -> Self {
        let snapshot = snapshot();
        let source = (Id::nil(), Id::nil());
        let name = "orders".parse().unwrap();
        let change = Resource::first(snapshot.deployment_id, snapshot.tenant_id, name, source, "1".into(), &stamp());
        let deployment = change.after().cloned();
        let now = Timestamp::UNIX_EPOCH;
        let control = Control {
            deployment,
            snapshot,
            neighbours: BTreeMap::new(),
            reports: Vec::new(),
            told: Vec::new(),
            down: false,
            now,
            disk: None,
        };
        let world = World(Arc::new(Mutex::new(control)));
        let converger = converger(&stand_in, &world, State::new(ClusterId::nil())).await;
        Self { stand_in, world, converger }
    }

    /// The agent stops and starts, with its state or without.
    pub(crate) async fn restart(&mut self, keeps_state: bool) {
        let disk = self.world.with(|control| control.disk.clone()).filter(|_| keeps_state);
        let state = disk.map_or_else(|| State::new(ClusterId::nil()), |disk| serde_json::from_str(&disk).unwrap());
        self.converger = converger(&self.stand_in, &self.world, state).await;
    }

    pub(crate) fn control<T>(&self, act: impl FnOnce(&mut Control) -> T) -> T {
        self.world.with(act)
    }

    pub(crate) fn state(&self) -> &State {
        self.converger.state()
    }

    /// A new generation is published.
    pub(crate) fn publish(&self, snapshot: Snapshot) {
        self.control(|control| {
            let known = control.deployment.take().unwrap();
            let digest = format!("{}", known.body.generation.0 + 1);
            control.deployment = known.desire(Some(digest), &stamp()).after().cloned();
            control.snapshot = snapshot;
        });
    }

    /// A new generation of a neighbour is published, or its first one.
    pub(crate) fn publish_neighbour(&self, snapshot: Snapshot) {
        self.control(|control| {
            let id = snapshot.deployment_id;
            let change = match control.neighbours.remove(&id) {
                Some((known, _)) => {
                    let digest = format!("{}", known.body.generation.0 + 1);
                    known.desire(Some(digest), &stamp())
                }
                None => {
                    let (source, name) = ((Id::nil(), Id::nil()), "neighbour".parse().unwrap());
                    Resource::first(id, snapshot.tenant_id, name, source, "1".into(), &stamp())
                }
            };
            control.neighbours.insert(id, (change.after().unwrap().clone(), snapshot));
        });
    }

    /// What the control plane knows of a neighbour.
    pub(crate) fn neighbour(&self, id: DeploymentId) -> Deployment {
        self.control(|control| control.neighbours[&id].0.body.clone())
    }

    /// A round over all deployments, without those that are as they should be.
    pub(crate) async fn round(&mut self) -> Result<(), ConvergeError> {
        self.converger.sync(Effort::Changes).await.map(|_| ())
    }

    pub(crate) fn withdraw(&self) {
        self.control(|control| {
            let known = control.deployment.take().unwrap();
            control.deployment = known.desire(None, &stamp()).after().cloned();
        });
    }

    pub(crate) async fn ring(&mut self) -> Result<(), ConvergeError> {
        let id = self.control(|control| control.snapshot.deployment_id);
        self.converger.deployment(id, Effort::Changes).await.map(|_| ())
    }

    pub(crate) async fn resync(&mut self) -> Result<(), ConvergeError> {
        self.converger.sync(Effort::Full).await.map(|_| ())
    }

    /// The clock goes on, and what is due is looked at.
    pub(crate) async fn after(&mut self, seconds: u64) -> Result<(), ConvergeError> {
        self.control(|control| control.now += Duration::from_secs(seconds));
        let now = self.world.now();
        self.converger.check(now).await
    }

    /// Applies and waits until the gateways have answered.
    pub(crate) async fn settle(&mut self) {
        self.ring().await.unwrap();
        self.after(1).await.unwrap();
    }

    pub(crate) fn is_due(&self) -> bool {
        self.converger.due().is_some()
    }

    pub(crate) fn deployment(&self) -> Deployment {
        self.control(|control| control.deployment.as_ref().unwrap().body.clone())
    }

    pub(crate) fn status(&self) -> DeploymentStatus {
        self.deployment().status
    }

    pub(crate) fn condition(&self, kind: &str) -> Condition {
        self.deployment().conditions.into_iter().find(|condition| condition.kind == kind).unwrap()
    }

    /// What the control plane knows of the object of a kind.
    pub(crate) fn object(&self, kind: &str) -> ObjectStatus {
        self.deployment().objects.into_iter().find(|object| object.kind == kind).unwrap()
    }

    pub(crate) fn reports(&self) -> usize {
        self.control(|control| control.reports.len())
    }

    pub(crate) fn live(&self, name: &str) -> Value {
        self.stand_in.with(|server| server.object(name))
    }
}

async fn converger(stand_in: &StandIn, world: &World, state: State) -> Converger<World, Kubernetes, World, World> {
    let ports = (world.clone(), stand_in.driver(false).await, world.clone(), world.clone());
    let mut converger = Converger::new(ports, Arc::new(Metrics::default()), Stop::new().1, state);
    converger.patience.check = Some(Duration::from_secs(60));
    converger
}
