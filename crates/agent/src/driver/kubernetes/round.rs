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
//!
//! INVARIANT: every write names the version that was read, and what was read is not of a newer generation; so whoever else
//! is at work, an older generation replaces no newer one.

use std::collections::BTreeMap;

use serde_json::Value;
use switchtower_domain::{
    deployment::{Generation, ObjectOutcome},
    product_publish::DriftPolicy,
};
use switchtower_render::label;

use super::{
    Kubernetes,
    cluster::Mode,
    fields, findings,
    live::{self, Identity},
    trouble::{Claim, Trouble},
};
use crate::{
    driver::{drift, kind::KINDS},
    port::{Answer, DriverError, Object, ObjectKey, ObjectResult, Order, Placed},
};

/// How often a write is tried again since the object changed meanwhile: controllers write its status.
const TRIES: usize = 5;

/// An order under way.
pub(super) struct Round<'o> {
    pub(super) driver: &'o Kubernetes,
    pub(super) order: &'o Order,
    /// What carries the deployment's label, and what was written since.
    pub(super) live: BTreeMap<Identity, (ObjectKey, Value)>,
    corrected: Vec<ObjectKey>,
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
        let round = Self { driver, order, live, corrected: Vec::new() };
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
            found.push(drift::finding(&results, &self.corrected));
        }
        Ok(Placed { results, findings: found })
    }

    /// Puts one object in place.
    async fn put(&mut self, object: &Object) -> Result<ObjectResult, DriverError> {
        let (key, identity) = (&object.key, Identity::of(&object.key));
        let mut live = match self.live.get(&identity) {
            Some((_, live)) => Some(live.clone()),
            // Its labels may have been taken away, or it is somebody else's.
            None => match self.read(key).await {
                Ok(live) => live,
                Err(trouble) => return self.failed(key, trouble),
            },
        };
        for _ in 0..TRIES {
            let done = match &live {
                Some(live) => self.over(object, live).await?,
                None => self.anew(object).await,
            };
            match done {
                Ok((result, after)) => {
                    if let Some(now) = after.or(live) {
                        self.live.insert(identity, (key.clone(), now));
                    }
                    return Ok(result);
                }
                Err(Trouble::Stale) => match self.read(key).await {
                    Ok(now) => live = now,
                    Err(trouble) => return self.failed(key, trouble),
                },
                // A version that is named of an object that is gone by now is refused; then it is made anew.
                Err(Trouble::Refused(field, why)) if live.is_some() => match self.read(key).await {
                    Ok(None) => live = None,
                    _ => return self.failed(key, Trouble::Refused(field, why)),
                },
                Err(trouble) => return self.failed(key, trouble),
            }
        }
        self.failed(key, Trouble::Stale)
    }

    async fn read(&self, key: &ObjectKey) -> Result<Option<Value>, Trouble> {
        let resource = self.driver.cluster.resource(&key.api_version, &key.kind).ok_or(Trouble::NotServed)?;
        self.driver.cluster.get(&resource, key.namespace.as_deref(), &key.name).await
    }

    /// Makes an object that is not there.
    async fn anew(&mut self, object: &Object) -> Result<(ObjectResult, Option<Value>), Trouble> {
        let key = object.key.clone();
        if self.order.established && self.order.drift == DriftPolicy::Alert {
            let gone = ObjectResult::done(key, ObjectOutcome::Drifted).saying("It was deleted by hand.");
            return Ok((gone, None));
        }
        let wanted = self.wanted(object, None);
        let after = self.driver.cluster.patch(&key, &wanted, self.mode()).await?;
        self.driver.verified(&key, &self.wanted(object, None), &after);
        let result = ObjectResult::done(key.clone(), ObjectOutcome::Created);
        if !self.order.established {
            return Ok((result, Some(after)));
        }
        self.corrected.push(key);
        Ok((result.saying("It was deleted by hand, and is back."), Some(after)))
    }

    /// Makes of an object that is there what it is to be.
    async fn over(
        &mut self,
        object: &Object,
        live: &Value,
    ) -> Result<Result<(ObjectResult, Option<Value>), Trouble>, DriverError> {
        self.fence(live)?;
        let key = &object.key;
        if let Err(why) = live::claim(live, self.order.deployment_id) {
            return Ok(Ok((ObjectResult::failed(key.clone(), why), None)));
        }
        let bare = self.wanted(object, None);
        if self.driver.is_verified(key, &bare, live) {
            return Ok(Ok((ObjectResult::done(key.clone(), ObjectOutcome::Unchanged), None)));
        }
        let wanted = self.wanted(object, Some(live));
        let noted = live::generation(live) == Some(self.order.generation);
        let same = live::annotation(live, label::MANIFEST) == Some(&digest(object));
        let was_in_place = noted && same || self.order.established && live::is_managed(live);
        let written = if was_in_place {
            self.mend(key, &bare, &wanted, live).await
        } else {
            self.renew(key, &bare, &wanted, live).await
        };
        Ok(written)
    }

    /// An object as it was put in place before: whatever is different was changed by hand.
    async fn mend(
        &mut self,
        key: &ObjectKey,
        bare: &Value,
        wanted: &Value,
        live: &Value,
    ) -> Result<(ObjectResult, Option<Value>), Trouble> {
        let cluster = &self.driver.cluster;
        let changed = fields::changed(live, &cluster.patch(key, wanted, Mode::Rehearse).await?);
        if changed.is_empty() {
            self.driver.verified(key, bare, live);
            return Ok((ObjectResult::done(key.clone(), ObjectOutcome::Unchanged), None));
        }
        if self.order.drift == DriftPolicy::Alert {
            let field = changed.first().map(|claim| claim.field.clone());
            let result = ObjectResult::done(key.clone(), ObjectOutcome::Drifted).at(field);
            return Ok((result.saying(format!("{}.", by_hand(&changed))), None));
        }
        self.take_back(key, bare, wanted, &changed).await
    }

    /// An object of an earlier generation, or of nobody knows which.
    async fn renew(
        &mut self,
        key: &ObjectKey,
        bare: &Value,
        wanted: &Value,
        live: &Value,
    ) -> Result<(ObjectResult, Option<Value>), Trouble> {
        let after = match self.driver.cluster.patch(key, wanted, self.mode()).await {
            Err(Trouble::Claimed(claims)) if self.were_ours(key, &claims) => {
                return self.take_back(key, bare, wanted, &claims).await;
            }
            answer => answer?,
        };
        self.driver.verified(key, bare, &after);
        let same = without_notes(live) == without_notes(&after);
        let outcome = if same { ObjectOutcome::Unchanged } else { ObjectOutcome::Updated };
        Ok((ObjectResult::done(key.clone(), outcome), Some(after)))
    }

    /// Whether fields that others own now were the agent's: then they were changed by hand, and are to be put right.
    fn were_ours(&self, key: &ObjectKey, claims: &[Claim]) -> bool {
        self.order.drift == DriftPolicy::Correct
            && self.driver.remembers(key, |manifest| claims.iter().all(|claim| fields::has(manifest, &claim.field)))
    }

    async fn take_back(
        &mut self,
        key: &ObjectKey,
        bare: &Value,
        wanted: &Value,
        changed: &[Claim],
    ) -> Result<(ObjectResult, Option<Value>), Trouble> {
        let after = self.driver.cluster.patch(key, wanted, Mode::Force).await?;
        self.driver.verified(key, bare, &after);
        self.corrected.push(key.clone());
        let field = changed.first().map(|claim| claim.field.clone());
        let result = ObjectResult::done(key.clone(), ObjectOutcome::Updated).at(field);
        Ok((result.saying(format!("{}; it is as published again.", by_hand(changed))), Some(after)))
    }

    const fn mode(&self) -> Mode {
        if self.driver.force { Mode::Force } else { Mode::Polite }
    }

    /// The manifest with what ties it to the order, and to what was read.
    fn wanted(&self, object: &Object, live: Option<&Value>) -> Value {
        let mut manifest = object.manifest.clone();
        let Generation(generation) = self.order.generation;
        set(&mut manifest, "annotations", label::GENERATION, generation.to_string());
        set(&mut manifest, "annotations", label::MANIFEST, digest(object));
        if let Some(version) = live.and_then(|live| live::text(live, "/metadata/resourceVersion"))
            && let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.insert("resourceVersion".to_owned(), version.into());
        }
        manifest
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

/// A short digest of a manifest.
fn digest(object: &Object) -> String {
    object.digest().chars().take(16).collect()
}

/// The content without what is noted on it.
fn without_notes(object: &Value) -> Value {
    let mut content = live::content(object);
    if let Some(annotations) = content.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(label::GENERATION);
        annotations.remove(label::MANIFEST);
        if annotations.is_empty()
            && let Some(metadata) = content.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.remove("annotations");
        }
    }
    content
}

/// ```.spec.rules` was changed by `kubectl-edit` ``.
fn by_hand(changed: &[Claim]) -> String {
    const NAMED: usize = 4;
    let named: Vec<_> =
        changed.iter().take(NAMED).map(|one| format!("`{}` was changed by `{}`", one.field, one.owner)).collect();
    match changed.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{}, and {more} more fields", named.join(", ")),
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
