//! Objects in a Kubernetes cluster, by server-side apply.
//!
//! * [`round`]: one order; [`put`]: one object of it; [`prune`]: what must go.
//! * [`answer`], [`findings`]: what the gateways say of it.
//! * [`fields`], [`live`]: what objects say of themselves; [`trouble`]: what goes wrong, in words.
//! * [`survey`]: what the cluster serves; [`cluster`]: the requests; [`connect`]: the way there.
//!
//! What is in place is known from the objects alone: labels say whose they are, an annotation says of which generation. So a
//! lost state costs nothing (`docs/decisions/generation-on-objects.md`).

mod answer;
mod cluster;
pub mod connect;
mod fields;
mod findings;
mod live;
mod prune;
mod put;
mod round;
mod survey;
mod trouble;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use kube::Client;
use serde_json::Value;
use switchtower_domain::{cluster::ClusterId, deployment::Generation, gateway::GatewayClass};
use switchtower_protocol::{capabilities::Capabilities, snapshot::Snapshot};
use switchtower_render::{Options, label};

use self::{
    cluster::Cluster,
    live::Identity,
    round::{Round, set},
    trouble::Trouble,
};
use crate::port::{Driver, DriverError, Failure, Object, ObjectKey, Order, Owned, Placed};

/// Its name in a registration.
pub const NAME: &str = "kubernetes";

/// Puts objects into a cluster.
pub struct Kubernetes {
    cluster: Cluster,
    cluster_id: ClusterId,
    options: Options,
    force: bool,
    /// What was seen to be as it is to be. While both stay, nothing is asked or written.
    seen: Mutex<HashMap<ObjectKey, Seen>>,
}

/// An object that was as it was to be.
struct Seen {
    /// What it was to be, with a fingerprint of it.
    wanted: (Value, u64),
    /// A fingerprint of what it was.
    live: u64,
}

impl Kubernetes {
    /// A driver for a cluster. With `force`, fields that others own are taken.
    pub fn new(client: Client, cluster_id: ClusterId, options: Options, force: bool) -> Self {
        Self { cluster: Cluster::new(client), cluster_id, options, force, seen: Mutex::default() }
    }

    fn seen<T>(&self, look: impl FnOnce(&mut HashMap<ObjectKey, Seen>) -> T) -> T {
        look(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes note that an object is as it is to be.
    fn verified(&self, key: &ObjectKey, wanted: &Value, live: &Value) {
        let (print, live) = (live::fingerprint(wanted), live::fingerprint(live));
        self.seen(|seen| _ = seen.insert(key.clone(), Seen { wanted: (wanted.clone(), print), live }));
    }

    fn is_verified(&self, key: &ObjectKey, wanted: &Value, live: &Value) -> bool {
        let prints = (live::fingerprint(wanted), live::fingerprint(live));
        self.seen(|seen| seen.get(key).is_some_and(|seen| (seen.wanted.1, seen.live) == prints))
    }

    /// Whether something holds of what an object was last seen to be, as the agent made it.
    fn remembers(&self, key: &ObjectKey, holds: impl Fn(&Value) -> bool) -> bool {
        self.seen(|seen| seen.get(key).is_some_and(|seen| holds(&seen.wanted.0)))
    }

    fn unverified(&self, key: &ObjectKey) {
        self.seen(|seen| _ = seen.remove(key));
    }

    /// All objects with labels, of the kinds that are rendered.
    async fn labelled(&self, labels: &str) -> Result<BTreeMap<Identity, (ObjectKey, Value)>, DriverError> {
        let mut found = BTreeMap::new();
        for kind in super::kind::KINDS {
            let Some(resource) = self.cluster.resource(kind.api_version, kind.kind) else { continue };
            let objects = match self.cluster.list(&resource, &self.options.namespace, labels).await {
                Ok(objects) => objects,
                Err(Trouble::Unreachable(message)) => return Err(DriverError::Unreachable(message)),
                Err(trouble) => {
                    // What may not be listed is not pruned by label, and what is wrong shows when it is applied.
                    tracing::warn!(kind = kind.kind, ?trouble, "cannot list");
                    continue;
                }
            };
            let keyed = objects.into_iter().filter_map(|object| {
                let key = live::key(&object, kind.api_version, kind.kind)?;
                Some((Identity::of(&key), (key, object)))
            });
            found.extend(keyed);
        }
        Ok(found)
    }
}

impl Driver for Kubernetes {
    fn name(&self) -> &'static str {
        NAME
    }

    fn plan(&self, snapshot: &Snapshot) -> Result<Vec<Object>, Vec<Failure>> {
        let mut objects = super::plan::plan_of(GatewayClass::Envoy, snapshot, &self.options)?;
        for object in &mut objects {
            set(&mut object.manifest, "labels", label::CLUSTER_ID, self.cluster_id.to_string());
        }
        Ok(objects)
    }

    async fn owned(&self) -> Result<Vec<Owned>, DriverError> {
        let kinds = super::kind::KINDS.iter().map(|kind| (kind.api_version, kind.kind));
        self.cluster.learn(kinds).await.map_err(round::unreachable)?;
        let manager = format!("{}={}", label::MANAGED_BY, label::MANAGER);
        let own = self.labelled(&format!("{manager},{}={}", label::CLUSTER_ID, self.cluster_id)).await?;
        let mut owned: BTreeMap<_, Owned> = BTreeMap::new();
        for (key, object) in own.into_values() {
            let Some(deployment_id) = live::deployment(&object) else { continue };
            let generation = live::generation(&object).unwrap_or(Generation(0));
            let entry = owned.entry(deployment_id).or_insert_with(|| Owned {
                deployment_id,
                generation,
                objects: Default::default(),
            });
            entry.generation = entry.generation.max(generation);
            entry.objects.insert(key);
        }
        Ok(owned.into_values().collect())
    }

    async fn apply(&self, order: &Order) -> Result<Placed, DriverError> {
        Round::begin(self, order).await?.run().await
    }

    async fn survey(&self) -> Capabilities {
        survey::survey(self).await
    }
}
