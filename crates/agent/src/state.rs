//! What the agent must not forget: which generation of each deployment it has begun, and what it put in place for it.
//!
//! ```text
//!   begin(item, keys) --save--> driver.apply --> finish(results) --save--> report accepted --> delivered --save-->
//! ```
//!
//! INVARIANT: a generation is on disk before the first object of it is touched, together with every object that it may
//! leave behind. So a crash at any point forgets neither that older generations are over, nor anything to prune.

pub mod file;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use switchtower_domain::{
    cluster::ClusterId,
    deployment::{DeploymentId, Desired, Generation},
};
use switchtower_protocol::desired::DesiredItem;

use crate::port::{ObjectKey, Owned};

pub use self::record::Record;

/// The version of the file's form.
pub const VERSION: u32 = 1;

/// The agent's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The version of this form; another one is refused.
    pub version: u32,
    /// The cluster that it is about.
    pub cluster_id: ClusterId,
    /// The `desired_version` up to which everything is converged.
    pub applied_version: u64,
    /// By deployment.
    pub deployments: BTreeMap<DeploymentId, Record>,
}

impl State {
    /// The state of an agent that has done nothing yet.
    pub const fn new(cluster_id: ClusterId) -> Self {
        Self { version: VERSION, cluster_id, applied_version: 0, deployments: BTreeMap::new() }
    }

    /// What is known of a deployment.
    pub fn record(&self, id: DeploymentId) -> Option<&Record> {
        self.deployments.get(&id)
    }

    /// Takes note that a generation is about to be applied, with the objects that it consists of and what tells their
    /// manifests from others.
    pub fn begin(&mut self, item: &DesiredItem, keys: impl IntoIterator<Item = ObjectKey>, rendering: Option<String>) {
        let record = self.deployments.entry(item.deployment_id).or_insert_with(Record::unknown);
        if record.generation != item.generation {
            record.renew(item.generation);
        }
        record.desired = item.desired;
        record.digest.clone_from(&item.digest);
        record.outcome = None;
        record.established &= record.rendering == rendering;
        record.rendering = rendering;
        record.inventory.extend(keys);
    }

    /// Takes note that a newer generation than known is in place.
    pub fn fence(&mut self, id: DeploymentId, generation: Generation) {
        let record = self.deployments.entry(id).or_insert_with(Record::unknown);
        if record.generation < generation {
            record.renew(generation);
        }
    }

    /// Takes in what a driver says is in place: after a loss of the state, that is all there is to know.
    pub fn adopt(&mut self, owned: Vec<Owned>) {
        for Owned { deployment_id, generation, objects } in owned {
            self.fence(deployment_id, generation);
            if let Some(record) = self.deployments.get_mut(&deployment_id) {
                record.inventory.extend(objects);
            }
        }
    }

    /// The deployments that are known but not in a listing. Those that are gone and said so are left out, unless asked for.
    pub fn unlisted(&self, listed: &BTreeSet<DeploymentId>, gone_too: bool) -> Vec<DeploymentId> {
        let wanted = |record: &Record| gone_too || !record.is_over();
        let unlisted = self.deployments.iter().filter(|(id, record)| !listed.contains(id) && wanted(record));
        unlisted.map(|(id, _)| *id).collect()
    }

    /// How many deployments are meant to run.
    pub fn present(&self) -> usize {
        self.deployments.values().filter(|record| record.desired == Desired::Present).count()
    }

    /// How many reports wait to be accepted.
    pub fn pending(&self) -> usize {
        self.deployments.values().filter(|record| record.pending().is_some()).count()
    }
}
