//! The provisioner against a world that fails at every step in turn.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use switchtower_domain::{
    access::Caller, change::Stamp, cluster::ClusterInput, context::Entropy, id::Id, name::Labels,
};

use super::*;
use crate::ports::{PortError, Queue};

/// What somebody else does.
type Act = fn(&mut World);

/// The rows and the services, with the calls until the next failure.
#[derive(Default)]
struct World {
    cluster: Option<Resource<Cluster>>,
    place: Option<u32>,
    taken: BTreeMap<u32, u32>,
    full: u32,
    buses: BTreeSet<String>,
    rules: BTreeSet<String>,
    targets: BTreeSet<String>,
    queues: BTreeSet<ClusterId>,
    left: Option<(usize, bool)>,
    meanwhile: Option<(usize, Act)>,
    calls: usize,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<World>>);

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// One step: it may fail before or after it has had its effect, and others may act before it.
    fn step<T>(&self, effect: impl FnOnce(&mut World) -> T) -> Result<T, PortError> {
        let mut world = self.world();
        world.calls += 1;
        if let Some((at, act)) = world.meanwhile
            && world.calls > at
        {
            world.meanwhile = None;
            act(&mut world);
        }
        match world.left {
            Some((0, after)) => {
                world.left = None;
                if after {
                    effect(&mut world);
                }
                Err("died".into())
            }
            Some((left, after)) => {
                world.left = Some((left - 1, after));
                Ok(effect(&mut world))
            }
            None => Ok(effect(&mut world)),
        }
    }

    fn ready<'a, T: Send + 'a>(&self, effect: impl FnOnce(&mut World) -> T) -> BoxFuture<'a, Result<T, PortError>> {
        Box::pin(std::future::ready(self.step(effect)))
    }
}

impl Provisioning for Shared {
    fn bus_name(&self, number: u32) -> String {
        format!("bus-{number}")
    }

    fn make_bus<'a>(&'a self, bus: &'a str) -> BoxFuture<'a, Result<(), PortError>> {
        self.ready(|world| {
            world.buses.insert(bus.to_owned());
        })
    }

    fn make_rule<'a>(&'a self, bus: &'a str, _: ClusterId) -> BoxFuture<'a, Result<String, PortError>> {
        self.ready(|world| {
            world.rules.insert(bus.to_owned());
            format!("rule:{bus}")
        })
    }

    fn make_queue<'a>(&'a self, cluster: ClusterId, rule: &'a str) -> BoxFuture<'a, Result<Queue, PortError>> {
        assert!(rule.starts_with("rule:"));
        self.ready(|world| {
            world.queues.insert(cluster);
            Queue { url: format!("url:{cluster}"), arn: format!("arn:{cluster}") }
        })
    }

    fn make_target<'a>(&'a self, bus: &'a str, _: ClusterId, _: &'a str) -> BoxFuture<'a, Result<(), PortError>> {
        // As with EventBridge, a target without its rule is refused.
        Box::pin(std::future::ready(
            self.step(|world| {
                let there = world.rules.contains(bus);
                if there { world.targets.insert(bus.to_owned()) } else { false }
            })
            .map(drop),
        ))
    }

    fn remove_rule<'a>(&'a self, bus: &'a str, _: ClusterId) -> BoxFuture<'a, Result<(), PortError>> {
        self.ready(|world| {
            world.targets.remove(bus);
            world.rules.remove(bus);
        })
    }

    fn remove_queues(&self, cluster: ClusterId) -> BoxFuture<'_, Result<(), PortError>> {
        self.ready(|world| {
            world.queues.remove(&cluster);
        })
    }
}

impl Shared {
    async fn row<T>(&self, effect: impl FnOnce(&mut World) -> T) -> Result<T, Error> {
        self.step(effect).map_err(Error::Unavailable)
    }
}

impl Ledger for Shared {
    async fn cluster(&self, _: TenantId, _: ClusterId) -> Result<Option<Resource<Cluster>>, Error> {
        self.row(|world| world.cluster.clone()).await
    }

    async fn waiting(&self, _: &Context, _: usize) -> Result<Vec<Resource<Cluster>>, Error> {
        self.row(|world| world.cluster.iter().cloned().collect()).await
    }

    async fn place(&self, _: ClusterId) -> Result<Option<u32>, Error> {
        self.row(|world| world.place).await
    }

    async fn last_bus(&self) -> Result<u32, Error> {
        self.row(|world| world.taken.keys().copied().max().unwrap_or(1)).await
    }

    async fn take_place(&self, _: TenantId, _: ClusterId) -> Result<u32, Error> {
        self.row(|world| {
            let number = world.place.unwrap_or(world.full + 1);
            if world.place.is_none() {
                *world.taken.entry(number).or_default() += 1;
            }
            world.place = Some(number);
            number
        })
        .await
    }

    async fn release_place(&self, _: ClusterId) -> Result<(), Error> {
        self.row(release).await
    }

    async fn provisioned(&self, _: &Context, cluster: Resource<Cluster>, channel: Channel) -> Result<bool, Error> {
        self.row(|world| {
            if world.cluster.as_ref().map(|row| row.revision) != Some(cluster.revision) {
                return false;
            }
            if let Some(change) = cluster.provisioned(channel, &stamp()) {
                world.cluster = change.after().cloned();
            }
            true
        })
        .await
    }

    async fn forget(&self, _: &Context, cluster: Resource<Cluster>) -> Result<bool, Error> {
        self.row(|world| {
            let same = world.cluster.as_ref().map(|row| row.revision) == Some(cluster.revision);
            if same {
                world.cluster = None;
            }
            same
        })
        .await
    }
}

struct NoEntropy;

impl Entropy for NoEntropy {
    fn bytes(&self) -> [u8; 32] {
        [0; 32]
    }
}

fn context() -> Context {
    Context::new(Timestamp::UNIX_EPOCH + PATIENCE * 2, "test", Arc::new(NoEntropy))
}

fn stamp() -> Stamp {
    Stamp { now: Timestamp::UNIX_EPOCH, actor: Caller::system("test", TenantId::nil()).actor().clone() }
}

fn release(world: &mut World) {
    if let Some(number) = world.place.take() {
        *world.taken.entry(number).or_default() -= 1;
    }
}

fn retire(world: &mut World) {
    let cluster = world.cluster.take().unwrap();
    world.cluster = cluster.retire(&stamp()).unwrap().after().cloned();
}

/// Somebody else removes everything between two steps.
fn vanish(world: &mut World) {
    release(world);
    *world = World {
        full: world.full,
        taken: world.taken.clone(),
        buses: world.buses.clone(),
        calls: world.calls,
        left: world.left,
        ..World::default()
    };
}

fn with_cluster(full: u32) -> Shared {
    let input = ClusterInput {
        name: "east".parse().unwrap(),
        labels: Labels::default(),
        description: None,
        region: None,
        cloud_provider: None,
    };
    let change = Resource::<Cluster>::create(Id::from_parts(1, 1), TenantId::nil(), input, &stamp()).unwrap();
    let shared = Shared::default();
    shared.world().cluster = change.after().cloned();
    shared.world().full = full;
    shared
}

fn settle(shared: &Shared) -> Result<Settled, Error> {
    let provisioner = Provisioner::new(shared.clone(), Arc::new(shared.clone()));
    provisioner.settle(&context(), TenantId::nil(), Id::from_parts(1, 1)).now_or_never().unwrap()
}

fn assert_provisioned(shared: &Shared, bus: &str) {
    let world = shared.world();
    let channel = world.cluster.as_ref().unwrap().body.channel.clone().unwrap();
    assert_eq!(channel.bus, bus);
    let there = BTreeSet::from([bus.to_owned()]);
    assert_eq!((&world.rules, &world.targets, world.queues.len()), (&there, &there, 1));
    assert_eq!(world.taken.values().sum::<u32>(), 1);
}

fn assert_nothing_left(shared: &Shared) {
    let world = shared.world();
    assert!(world.cluster.is_none() && world.place.is_none());
    assert!(world.rules.is_empty() && world.targets.is_empty() && world.queues.is_empty());
    assert_eq!(world.taken.values().sum::<u32>(), 0);
}

#[test]
fn a_new_cluster_gets_its_queue_and_a_second_event_changes_nothing() {
    let shared = with_cluster(0);
    assert_eq!(settle(&shared).unwrap(), Settled::Provisioned);
    let revision = shared.world().cluster.as_ref().unwrap().revision;
    assert_eq!(settle(&shared).unwrap(), Settled::Provisioned);
    assert_eq!(shared.world().cluster.as_ref().unwrap().revision, revision);
    assert_provisioned(&shared, "bus-1");
    assert!(shared.world().buses.is_empty());
}

#[test]
fn a_full_bus_is_followed_by_a_new_one() {
    let shared = with_cluster(1);
    settle(&shared).unwrap();
    assert_provisioned(&shared, "bus-2");
    assert_eq!(shared.world().buses.len(), 1);
}

#[test]
fn dying_at_any_step_of_provisioning_does_no_harm() {
    for after in [false, true] {
        for at in 0..20 {
            let shared = with_cluster(1);
            shared.world().left = Some((at, after));
            let died = settle(&shared).is_err();
            assert_eq!(died, shared.world().left.take().is_none(), "step {at}");
            settle(&shared).unwrap();
            assert_provisioned(&shared, "bus-2");
        }
    }
}

#[test]
fn dying_at_any_step_of_removal_does_no_harm() {
    for after in [false, true] {
        for at in 0..20 {
            let shared = with_cluster(1);
            settle(&shared).unwrap();
            retire(&mut shared.world());
            shared.world().left = Some((at, after));
            let _ = settle(&shared);
            shared.world().left = None;
            assert_eq!(settle(&shared).unwrap(), Settled::Removed);
            assert_nothing_left(&shared);
        }
    }
}

#[test]
fn a_cluster_deleted_while_it_is_provisioned_leaves_nothing() {
    for act in [retire as Act, vanish] {
        for at in 0..20 {
            let shared = with_cluster(1);
            shared.world().meanwhile = Some((at, act));
            settle(&shared).unwrap();
            if shared.world().meanwhile.take().is_some() {
                act(&mut shared.world());
            }
            settle(&shared).unwrap();
            assert_nothing_left(&shared);
        }
    }
}

#[test]
fn the_schedule_leaves_fresh_clusters_to_their_events() {
    let shared = with_cluster(0);
    let provisioner = Provisioner::new(shared.clone(), Arc::new(shared.clone()));
    let early = Context::new(Timestamp::UNIX_EPOCH, "test", Arc::new(NoEntropy));
    assert_eq!(provisioner.revisit(&early).now_or_never().unwrap().unwrap(), Revisited::default());
    let late = provisioner.revisit(&context()).now_or_never().unwrap().unwrap();
    assert_eq!(late, Revisited { settled: 1, failed: 0 });
    assert_provisioned(&shared, "bus-1");
}
