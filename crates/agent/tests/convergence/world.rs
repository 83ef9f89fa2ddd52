//! The world of a story: a control plane made of the domain's deployments, a cluster, a disk, and their faults.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use jiff::Timestamp;
use switchtower_agent::{
    port::{
        Answer, ApiError, Clock, ControlPlane, Driver, DriverError, Failure, Fetched, Object, ObjectKey, ObjectResult,
        Order, Owned, Placed, Problem, StateStore, StoreError,
    },
    state::State,
};
use switchtower_domain::{
    actor::Actor,
    change::Stamp,
    cluster::ClusterId,
    deployment::{Deployment, DeploymentId, DeploymentStatus, Desired, Generation, ObjectOutcome, Outcome, ReportBody},
    gateway::{GatewayClass, GatewayId},
    product::ProductId,
    product_publish::{Auth, DriftPolicy, Environment, ProductPublishId},
    resource::Resource,
    tenant::TenantId,
};
use switchtower_protocol::{
    capabilities::Capabilities,
    desired::{DesiredItem, DesiredPage},
    heartbeat::{Heartbeat, HeartbeatReply},
    queue::QueueCredentials,
    report::{Report, ReportReceipt},
    snapshot::{GatewayPart, ProductPart, PublishPart, SCHEMA, Snapshot},
    usage::{UsageReceipt, UsageReport},
};

/// What is in place under a key: whose it is and of which generation.
pub(crate) type Mark = (DeploymentId, Generation);

/// Everything outside the agent.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) deployments: BTreeMap<DeploymentId, Resource<Deployment>>,
    pub(crate) desired_version: u64,
    pub(crate) queue: Vec<DeploymentId>,
    pub(crate) cluster: BTreeMap<ObjectKey, Mark>,
    /// The newest generation begun in the cluster, as a driver can tell.
    pub(crate) begun: BTreeMap<DeploymentId, Generation>,
    /// The newest generation of which an object was ever written.
    pub(crate) newest_written: BTreeMap<DeploymentId, Generation>,
    pub(crate) disk: Option<String>,
    pub(crate) said: Vec<Report>,
    pub(crate) bad: BTreeSet<(DeploymentId, usize)>,
    /// How many more looks it takes until a deployment's gateway has answered.
    pub(crate) slow: BTreeMap<DeploymentId, u32>,
    /// Calls until the agent crashes; from then on nothing that it does has an effect.
    pub(crate) fuse: Option<u32>,
    pub(crate) outage: Option<(u32, u32)>,
    pub(crate) stale: bool,
    pub(crate) loses_receipts: bool,
    pub(crate) soon: Vec<(u32, Event)>,
    /// What was erased is published again as another deployment.
    pub(crate) lives: [u64; 3],
    /// Whether the driver tells what is in place; otherwise the agent's own state must do.
    pub(crate) tells: bool,
    /// Deployments whose objects were spoiled or removed by hand: only a full resync makes up for that.
    pub(crate) meddled: BTreeSet<DeploymentId>,
}

/// What people do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Publish(usize),
    Withdraw(usize),
    Erase(usize),
}

#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<World>>);

pub(crate) fn stamp() -> Stamp {
    Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::System("story".into()) }
}

fn key(id: DeploymentId, object: usize) -> ObjectKey {
    let (api_version, kind) = ("v1".to_owned(), "Thing".to_owned());
    ObjectKey { api_version, kind, namespace: None, name: format!("{id}-{object}") }
}

/// The objects of a generation: their number and names change with it, so that there is something to prune.
pub(crate) fn objects(id: DeploymentId, generation: Generation) -> BTreeSet<ObjectKey> {
    (0..4).filter(|object| !(generation.0 + object).is_multiple_of(3)).map(|object| key(id, object as usize)).collect()
}

impl World {
    pub(crate) fn id(&self, index: usize) -> DeploymentId {
        DeploymentId::from_parts(1 + index as u64, self.lives[index].into())
    }

    pub(crate) fn event(&mut self, event: Event) {
        let (Event::Publish(index) | Event::Withdraw(index) | Event::Erase(index)) = event;
        let id = self.id(index);
        let change = match (self.deployments.get(&id).cloned(), event) {
            (None, Event::Withdraw(_) | Event::Erase(_)) => return,
            (Some(_), Event::Erase(_)) => {
                self.deployments.remove(&id);
                self.desired_version += 1;
                self.lives[index] += 1;
                return;
            }
            (Some(known), Event::Withdraw(_)) if known.body.desired == Desired::Absent => return,
            (Some(known), Event::Withdraw(_)) => known.desire(None, &stamp()),
            (Some(known), Event::Publish(_)) => {
                let digest = format!("digest-{}", known.body.generation.next().0);
                known.desire(Some(digest), &stamp())
            }
            (None, Event::Publish(_)) => {
                let source = (ProductPublishId::nil(), ClusterId::nil());
                let digest = "digest-1".to_owned();
                Resource::first(id, TenantId::nil(), "orders".parse().unwrap(), source, digest, &stamp())
            }
        };
        self.deployments.insert(id, change.after().unwrap().clone());
        self.desired_version += 1;
        // The doorbell rings twice.
        self.queue.extend([id, id]);
    }

    /// One call of the agent: time passes, people do things, and faults strike.
    fn call(&mut self) -> Result<(), ()> {
        let (due, soon) = self.soon.iter().partition::<Vec<_>, _>(|(left, _)| *left == 0);
        self.soon = soon.into_iter().map(|(left, event)| (left - 1, event)).collect();
        due.into_iter().for_each(|(_, event)| self.event(event));
        match &mut self.fuse {
            Some(0) => Err(()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(crate) fn crashed(&self) -> bool {
        self.fuse == Some(0)
    }

    /// One request to the control plane.
    fn request(&mut self) -> Result<(), ApiError> {
        let down = || ApiError::Unreachable("the story says so".into());
        self.call().map_err(|()| down())?;
        match &mut self.outage {
            Some((0, 0)) => self.outage = None,
            Some((0, calls)) => {
                *calls -= 1;
                return Err(down());
            }
            Some((after, _)) => *after -= 1,
            None => {}
        }
        Ok(())
    }

    fn item(&self, deployment: &Resource<Deployment>) -> DesiredItem {
        use DeploymentStatus::{Applying, Pending, Removing};
        DesiredItem {
            deployment_id: deployment.id,
            generation: deployment.body.generation,
            desired: deployment.body.desired,
            digest: deployment.body.digest.clone(),
            settled: !matches!(deployment.body.status, Pending | Applying | Removing),
        }
    }

    /// What a report makes of a deployment, and whether that is the truth.
    pub(crate) fn hear(&mut self, report: Report) -> Result<ReportReceipt, ApiError> {
        let id = report.deployment_id;
        let Some(known) = self.deployments.get(&id).cloned() else { return Err(not_found()) };
        let about = report.generation;
        if let Some(change) = known.clone().reported(ReportBody { ..report.into_body() }, &stamp()) {
            let after = change.after().unwrap().clone();
            assert_eq!(about, after.body.generation, "a status came from a report on another generation");
            assert!(known.body.observed_generation <= after.body.observed_generation, "a status went back");
            self.deployments.insert(id, after);
        }
        let body = &self.deployments[&id].body;
        Ok(ReportReceipt { generation: body.generation, status: body.status })
    }

    /// What an agent says is in place must be.
    fn believe(&self, report: &Report) {
        let (id, generation) = (report.deployment_id, report.generation);
        let Some(known) = self.deployments.get(&id).filter(|known| known.body.generation == generation) else { return };
        let true_to_word = self.is_in_place(id, generation, known.body.desired) || self.meddled.contains(&id);
        assert!(report.outcome != Outcome::Applied || true_to_word, "{id}: said to be applied, and is not");
    }

    /// What is in place of a deployment.
    pub(crate) fn in_place(&self, id: DeploymentId) -> BTreeMap<ObjectKey, Generation> {
        let own = self.cluster.iter().filter(|(_, (whose, _))| *whose == id);
        own.map(|(key, (_, generation))| (key.clone(), *generation)).collect()
    }

    /// Whether exactly the objects of that generation are in place.
    pub(crate) fn is_in_place(&self, id: DeploymentId, generation: Generation, desired: Desired) -> bool {
        let wanted = match desired {
            Desired::Present => objects(id, generation),
            Desired::Absent => BTreeSet::new(),
        };
        self.in_place(id) == wanted.into_iter().map(|key| (key, generation)).collect()
    }
}

fn not_found() -> ApiError {
    ApiError::Refused(Problem { status: 404, code: "not_found".into(), ..Problem::default() })
}

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }
}

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    async fn sleep(&self, _: Duration) {}

    fn fraction(&self) -> f64 {
        0.5
    }
}

impl StateStore for Shared {
    async fn save(&self, state: &State) -> Result<(), StoreError> {
        let mut world = self.world();
        world.call().map_err(|()| StoreError("crashed".into()))?;
        world.disk = Some(serde_json::to_string(state).unwrap());
        Ok(())
    }
}

impl ControlPlane for Shared {
    async fn deployment(&self, id: DeploymentId) -> Result<Option<Fetched>, ApiError> {
        let mut world = self.world();
        world.request()?;
        let Some(deployment) = world.deployments.get(&id) else { return Ok(None) };
        let mut item = world.item(deployment);
        if world.stale && item.generation > Generation::FIRST {
            let generation = Generation(item.generation.0 - 1);
            let digest = Some(format!("digest-{}", generation.0));
            item = DesiredItem { generation, digest, desired: Desired::Present, settled: false, ..item };
        }
        let snapshot = (item.desired == Desired::Present).then(|| snapshot(id, item.generation));
        Ok(Some(Fetched { item, snapshot: Ok(snapshot) }))
    }

    async fn deployments(&self, cursor: Option<&str>) -> Result<DesiredPage, ApiError> {
        let mut world = self.world();
        world.request()?;
        let after: Option<DeploymentId> = cursor.map(|cursor| cursor.parse().unwrap());
        let known = |deployment: &&Resource<Deployment>| deployment.body.status != DeploymentStatus::Removed;
        let mut rest = world.deployments.values().filter(known).filter(|deployment| Some(deployment.id) > after);
        let items: Vec<_> = rest.next().map(|deployment| world.item(deployment)).into_iter().collect();
        let next_cursor = rest.next().and_then(|_| items.last()).map(|item| item.deployment_id.to_string());
        Ok(DesiredPage { items, next_cursor, desired_version: world.desired_version })
    }

    async fn report(&self, report: &Report) -> Result<ReportReceipt, ApiError> {
        let mut world = self.world();
        world.request()?;
        world.said.push(report.clone());
        world.believe(report);
        let receipt = world.hear(report.clone())?;
        if world.loses_receipts {
            return Err(ApiError::Unreachable("the answer was lost".into()));
        }
        Ok(receipt)
    }

    async fn heartbeat(&self, _: &Heartbeat) -> Result<HeartbeatReply, ApiError> {
        let mut world = self.world();
        world.request()?;
        Ok(HeartbeatReply { desired_version: world.desired_version, heartbeat_seconds: 10 })
    }

    async fn usage(&self, _: &UsageReport) -> Result<UsageReceipt, ApiError> {
        Err(not_found())
    }

    async fn queue_credentials(&self) -> Result<QueueCredentials, ApiError> {
        Err(not_found())
    }
}

impl Driver for Shared {
    fn name(&self) -> &'static str {
        "story"
    }

    fn plan(&self, snapshot: &Snapshot) -> Result<Vec<Object>, Vec<Failure>> {
        let generation = Generation(snapshot.product.version.as_ref().unwrap().parse().unwrap());
        let manifest = |key| Object { key, manifest: serde_json::json!({ "generation": generation }) };
        Ok(objects(snapshot.deployment_id, generation).into_iter().map(manifest).collect())
    }

    async fn owned(&self) -> Result<Vec<Owned>, DriverError> {
        let world = self.world();
        let owned = world.begun.iter().filter(|_| world.tells).map(|(id, generation)| Owned {
            deployment_id: *id,
            generation: *generation,
            objects: world.in_place(*id).into_keys().collect(),
        });
        Ok(owned.collect())
    }

    async fn apply(&self, order: &Order) -> Result<Placed, DriverError> {
        let mut results: Vec<ObjectResult> = Vec::new();
        let crashed = || DriverError::Unusable("crashed".into());
        let id = order.deployment_id;
        {
            let mut world = self.world();
            world.call().map_err(|()| crashed())?;
            world.begun.insert(id, order.generation);
        }
        for object in order.objects.iter() {
            let mut world = self.world();
            world.call().map_err(|()| crashed())?;
            let number: usize = object.key.name.rsplit('-').next().unwrap().parse().unwrap();
            if world.bad.contains(&(id, number)) {
                results.push(ObjectResult::failed(object.key.clone(), "The story says so.".into()));
                continue;
            }
            let newest = world.newest_written.get(&id).copied().unwrap_or(Generation(0));
            assert!(order.generation >= newest, "{id}: generation {:?} written over {newest:?}", order.generation);
            world.newest_written.insert(id, order.generation);
            assert!(
                order.objects.iter().all(|object| object.key.name.starts_with(&id.to_string())),
                "{id}: another's objects"
            );
            let before = world.cluster.insert(object.key.clone(), (id, order.generation));
            let outcome = match before {
                None => ObjectOutcome::Created,
                Some(before) if before == (id, order.generation) => ObjectOutcome::Unchanged,
                Some(_) => ObjectOutcome::Updated,
            };
            results.push(ObjectResult::done(object.key.clone(), outcome));
        }
        if results.iter().any(|result| result.outcome == ObjectOutcome::Failed) {
            return Ok(results.into());
        }
        for key in &order.delete {
            let mut world = self.world();
            world.call().map_err(|()| crashed())?;
            let newest = world.newest_written.get(&id).copied().unwrap_or(Generation(0));
            assert!(order.generation >= newest, "{id}: generation {:?} deletes of {newest:?}", order.generation);
            world.newest_written.insert(id, order.generation);
            world.cluster.remove(key);
            results.push(ObjectResult::done(key.clone(), ObjectOutcome::Deleted));
        }
        if order.objects.is_empty() {
            self.world().begun.remove(&id);
        }
        if let Some(looks) = self.world().slow.get_mut(&id).filter(|looks| **looks > 0) {
            *looks -= 1;
            results.iter_mut().take(1).for_each(|first| first.answer = Answer::Awaited);
        }
        Ok(results.into())
    }

    async fn survey(&self) -> Capabilities {
        Capabilities::default()
    }
}

fn snapshot(id: DeploymentId, generation: Generation) -> Snapshot {
    let name = "orders".parse::<switchtower_domain::name::Name>().unwrap();
    Snapshot {
        schema: SCHEMA,
        tenant_id: TenantId::nil(),
        cluster_id: ClusterId::nil(),
        deployment_id: id,
        publish: PublishPart {
            id: ProductPublishId::nil(),
            name: name.clone(),
            environment: Environment::Prod,
            hostnames: vec![],
            auth: Auth::None,
            drift: DriftPolicy::Correct,
        },
        product: ProductPart { id: ProductId::nil(), name: name.clone(), version: Some(generation.0.to_string()) },
        gateway: GatewayPart {
            id: GatewayId::nil(),
            name,
            class: GatewayClass::Envoy,
            listeners: vec![],
            client: None,
        },
        api_services: vec![],
        policies: vec![],
    }
}
