//! One order: what is there, what must be, what must go.
//!
//! ```text
//!   list by label --newer than the order?--> refuse
//!        |
//!   each object --new, or of an older generation--> server-side apply; others' fields are a conflict
//!        |      --as it was verified------------->  nothing
//!        |      --of this generation------------->  rehearse --differs--> put right, or tell (the publish's `drift`)
//!        |
//!   all applied and taken up? --> delete what else carries the label, and what the order says
//! ```

use std::collections::BTreeMap;

use serde_json::Value;
use switchtower_domain::deployment::ObjectOutcome;
use switchtower_render::label;

use super::{
    Kubernetes, findings,
    live::{self, Identity},
    trouble::Trouble,
};
use crate::{
    driver::{drift, kind::KINDS},
    port::{Answer, DriverError, ObjectKey, ObjectResult, Order, Placed},
};

/// An order under way.
pub(super) struct Round<'o> {
    pub(super) driver: &'o Kubernetes,
    pub(super) order: &'o Order,
    /// What carries the deployment's label, and what was written since.
    pub(super) live: BTreeMap<Identity, (ObjectKey, Value)>,
}

impl<'o> Round<'o> {
    /// Looks what is there.
    pub(super) async fn begin(driver: &'o Kubernetes, order: &'o Order) -> Result<Self, DriverError> {
        let keys = || order.objects.iter().map(|object| &object.key).chain(&order.delete);
        let named = keys().map(|key| (key.api_version.as_str(), key.kind.as_str()));
        let known = KINDS.iter().map(|kind| (kind.api_version, kind.kind));
        driver.cluster.learn(known.chain(named)).await.map_err(unreachable)?;
        let labels = format!("{}={}", label::DEPLOYMENT_ID, order.deployment_id);
        let live = driver.labelled(&labels).await?;
        let round = Self { driver, order, live };
        round.live.values().try_for_each(|(_, object)| round.fence(object))?;
        Ok(round)
    }

    /// Refuses to go on when an object is of a newer generation.
    pub(super) fn fence(&self, object: &Value) -> Result<(), DriverError> {
        match live::generation(object) {
            Some(newer) if newer > self.order.generation => Err(DriverError::Superseded(newer)),
            _ => Ok(()),
        }
    }

    pub(super) async fn run(mut self) -> Result<Placed, DriverError> {
        let (mut results, mut heard) = (Vec::new(), Vec::new());
        for object in self.order.objects.iter() {
            let mut result = self.put(object).await?;
            if let Some((_, live)) = self.live.get(&Identity::of(&object.key))
                && let Some(sayings) = findings::heard(object, live, &self.order.objects)
            {
                findings::note(&mut result, &sayings);
                heard.push((object.key.clone(), sayings));
            }
            results.push(result);
        }
        let good = |result: &ObjectResult| result.outcome != ObjectOutcome::Failed && result.answer == Answer::Settled;
        // What still serves is not taken away for what does not yet.
        if results.iter().all(good) {
            results.extend(self.prune().await?);
        }
        let mut found = findings::together(&heard);
        if !self.order.objects.is_empty() {
            found.push(drift::finding(&results));
        }
        Ok(Placed { results, findings: found })
    }

    pub(super) fn failed(&self, key: &ObjectKey, trouble: Trouble) -> Result<ObjectResult, DriverError> {
        let namespace = key.namespace.as_deref().unwrap_or_default();
        let sentence = trouble.of_one(&key.kind, &key.api_version, namespace)?;
        Ok(ObjectResult::failed(key.clone(), sentence.text).at(sentence.field))
    }
}

/// Sets a label or an annotation.
pub(super) fn set(manifest: &mut Value, which: &str, key: &str, value: String) {
    let metadata = manifest.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(map) = metadata.map(|metadata| metadata.entry(which).or_insert_with(|| serde_json::json!({})))
        && let Some(map) = map.as_object_mut()
    {
        map.insert(key.to_owned(), value.into());
    }
}

/// What keeps the driver from looking around.
pub(super) fn unreachable(trouble: Trouble) -> DriverError {
    match trouble {
        Trouble::Unreachable(message) => DriverError::Unreachable(message),
        Trouble::Forbidden(message) | Trouble::Refused(_, message) => {
            DriverError::Unreachable(format!("The cluster's API server does not tell what it serves: {message}."))
        }
        other => DriverError::Unreachable(format!("The cluster's API server does not tell what it serves: {other:?}.")),
    }
}
