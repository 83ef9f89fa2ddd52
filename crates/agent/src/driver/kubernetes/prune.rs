//! Deleting: what the order says, and what carries the deployment's label and is not desired.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use switchtower_domain::deployment::ObjectOutcome;

use super::{
    live::{self, Identity},
    round::Round,
    trouble::Trouble,
};
use crate::port::{DriverError, ObjectKey, ObjectResult};

/// How often a deletion is tried again since the object changed meanwhile.
const TRIES: usize = 5;

impl Round<'_> {
    /// Deletes what must go.
    pub(super) async fn prune(&mut self) -> Result<Vec<ObjectResult>, DriverError> {
        let wanted: BTreeSet<_> = self.order.objects.iter().map(|object| Identity::of(&object.key)).collect();
        let leftovers = self.live.iter().map(|(identity, (key, _))| (identity.clone(), key.clone()));
        let ordered = self.order.delete.iter().map(|key| (Identity::of(key), key.clone()));
        let mut results = Vec::new();
        let mut targets: BTreeMap<_, Vec<ObjectKey>> = BTreeMap::new();
        for (identity, key) in leftovers.chain(ordered) {
            if !wanted.contains(&identity) {
                targets.entry(identity).or_default().push(key);
            } else if self.order.delete.contains(&key) {
                // It is desired by now in another version of its kind: it stays, and is known by that.
                results.push(ObjectResult::done(key, ObjectOutcome::Deleted));
            }
        }
        for (identity, mut keys) in targets {
            keys.sort();
            keys.dedup();
            let Some(first) = keys.first() else { continue };
            let result = self.delete(&identity, first).await?;
            results.extend(keys.iter().map(|key| ObjectResult { key: key.clone(), ..result.clone() }));
        }
        Ok(results)
    }

    async fn delete(&self, identity: &Identity, key: &ObjectKey) -> Result<ObjectResult, DriverError> {
        let done = || Ok(ObjectResult::done(key.clone(), ObjectOutcome::Deleted));
        let cluster = &self.driver.cluster;
        // What nobody serves is gone with its kind.
        let Some(resource) = cluster.resource(&key.api_version, &key.kind) else { return done() };
        let mut known: Option<Value> = self.live.get(identity).map(|(_, live)| live.clone());
        for _ in 0..TRIES {
            let live = match known.take() {
                Some(live) => live,
                None => match cluster.get(&resource, key.namespace.as_deref(), &key.name).await {
                    Ok(Some(live)) => live,
                    Ok(None) => return done(),
                    Err(trouble) => return self.failed(key, trouble),
                },
            };
            self.fence(&live)?;
            if live::claim(&live, self.order.deployment_id).is_err() {
                // Others have made it theirs.
                return done();
            }
            match cluster.delete(&resource, key, &live).await {
                Ok(()) | Err(Trouble::Missing | Trouble::NotServed | Trouble::NoNamespace) => {
                    self.driver.unverified(key);
                    return done();
                }
                Err(Trouble::Stale) => {}
                Err(trouble) => return self.failed(key, trouble),
            }
        }
        self.failed(key, Trouble::Stale)
    }
}
