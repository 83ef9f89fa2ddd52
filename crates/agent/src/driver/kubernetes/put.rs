//! Putting one object in place.
//!
//! INVARIANT: every write over an object names the version that was read, and what was read is not of a newer generation; so
//! whoever else is at work, an older generation replaces no newer one.

use serde_json::Value;
use switchtower_domain::{
    deployment::{Generation, ObjectOutcome},
    product_publish::DriftPolicy,
};
use switchtower_render::label;

use super::{
    cluster::Mode,
    fields,
    live::{self, Identity},
    round::{Round, set},
    trouble::{Claim, Trouble},
};
use crate::port::{DriverError, Object, ObjectKey, ObjectResult};

/// How often a write is tried again since the object changed meanwhile: controllers write its status.
const TRIES: usize = 5;

/// What was done, and the object after it when it was written.
type Written = Result<(ObjectResult, Option<Value>), Trouble>;

impl Round<'_> {
    /// Puts one object in place.
    pub(super) async fn put(&mut self, object: &Object) -> Result<ObjectResult, DriverError> {
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
    async fn anew(&self, object: &Object) -> Written {
        let key = object.key.clone();
        if self.order.established && self.order.drift == DriftPolicy::Alert {
            let gone = ObjectResult::done(key, ObjectOutcome::Drifted).saying("It was deleted by hand.");
            return Ok((gone, None));
        }
        let wanted = self.wanted(object, None);
        let after = self.driver.cluster.patch(&key, &wanted, self.mode()).await?;
        self.driver.verified(&key, &wanted, &after);
        let result = ObjectResult::done(key, ObjectOutcome::Created);
        let back = "It was deleted by hand, and is back.";
        Ok((if self.order.established { result.saying(back) } else { result }, Some(after)))
    }

    /// Makes of an object that is there what it is to be.
    async fn over(&self, object: &Object, live: &Value) -> Result<Written, DriverError> {
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
    async fn mend(&self, key: &ObjectKey, bare: &Value, wanted: &Value, live: &Value) -> Written {
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
    async fn renew(&self, key: &ObjectKey, bare: &Value, wanted: &Value, live: &Value) -> Written {
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

    async fn take_back(&self, key: &ObjectKey, bare: &Value, wanted: &Value, changed: &[Claim]) -> Written {
        let after = self.driver.cluster.patch(key, wanted, Mode::Force).await?;
        self.driver.verified(key, bare, &after);
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
