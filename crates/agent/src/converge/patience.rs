//! How long to wait for those who serve the objects, and when to look again.
//!
//! ```text
//!   put in place --> not all answered --look again after 0.25 s, 0.5 s, … 5 s--> all accepted --> every `check`
//!                    |  refusals may pass for `grace`                       |
//!                    +--after `accept`: said as it is ----------------------+
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use switchtower_domain::{deployment::ObjectOutcome, product_publish::DriftPolicy};
use switchtower_protocol::desired::DesiredItem;

use crate::port::{Answer, Object, ObjectKey, ObjectResult, driver::sha256};

/// The shortest and the longest time between looks at what is not answered.
const LOOKS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// How often a wait begins anew since something was changed; who fights over an object does not put off the end.
const MAX_RESTARTS: u32 = 3;

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a gateway to take up what was put in place.
    pub accept: Duration,
    /// For a refusal to pass: a controller may see a route before its gateway.
    pub grace: Duration,
    /// Between looks at what is in place; without it, only full resyncs notice what was changed by hand.
    pub check: Option<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { accept: Duration::from_secs(60), grace: Duration::from_secs(3), check: None }
    }
}

/// What to make of missing and bad answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Both may change any moment.
    Hopeful,
    /// Refusals are meant; what is missing may still come.
    Waiting,
    /// After so many seconds, what is missing is not waited for any more.
    Disappointed(u64),
}

/// What is known of a deployment that was put in place since the agent started: enough to look after it alone.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) item: DesiredItem,
    pub(super) drift: DriftPolicy,
    pub(super) objects: Arc<[Object]>,
    /// Whether the control plane is to hear how it ends, news or not.
    pub(super) owes_word: bool,
    /// What was done since the last word on how it ended.
    done: BTreeMap<ObjectKey, ObjectResult>,
    waits_since: Option<Timestamp>,
    /// How often the wait began anew since something was changed.
    restarts: u32,
    looks: u32,
    due: Option<Timestamp>,
}

impl Watch {
    pub(super) fn new(item: DesiredItem, drift: DriftPolicy, objects: Vec<Object>) -> Self {
        Self {
            item,
            drift,
            objects: objects.into(),
            owes_word: false,
            done: BTreeMap::new(),
            waits_since: None,
            restarts: 0,
            looks: 0,
            due: None,
        }
    }

    /// Whether it is the same generation of the same deployment.
    pub(super) fn is_of(&self, item: &DesiredItem) -> bool {
        self.item.generation == item.generation && self.item.desired == item.desired
    }

    pub(super) fn keys(&self) -> BTreeSet<ObjectKey> {
        self.objects.iter().map(|object| object.key.clone()).collect()
    }

    /// What tells these objects from others that the same generation may be rendered as.
    pub(super) fn rendering(&self) -> String {
        let digests: String = self.objects.iter().map(Object::digest).collect();
        sha256(digests.as_bytes())
    }

    pub(super) const fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Takes in what a look found, and tells what to make of it.
    pub(super) fn looked(&mut self, results: &mut Vec<ObjectResult>, patience: &Patience, now: Timestamp) -> Mood {
        let changed = results.iter().any(|one| matches!(one.outcome, ObjectOutcome::Created | ObjectOutcome::Updated));
        self.recall(results);
        let settled = results.iter().all(|result| result.answer == Answer::Settled);
        if settled {
            (self.waits_since, self.restarts, self.looks) = (None, 0, 0);
            self.due = patience.check.map(|check| later(now, check));
            return Mood::Waiting;
        }
        if changed && self.waits_since.is_some() && self.restarts < MAX_RESTARTS {
            (self.waits_since, self.looks) = (None, 0);
            self.restarts += 1;
        }
        let waited = now.duration_since(*self.waits_since.get_or_insert(now)).unsigned_abs();
        let pause = LOOKS.0.saturating_mul(2_u32.saturating_pow(self.looks)).min(LOOKS.1);
        self.looks = self.looks.saturating_add(1);
        if waited < patience.accept {
            self.due = Some(later(now, pause));
            if waited < patience.grace { Mood::Hopeful } else { Mood::Waiting }
        } else {
            self.due = patience.check.map(|check| later(now, check));
            Mood::Disappointed(patience.accept.as_secs())
        }
    }

    /// Looks again soon, since this time nothing could be seen.
    pub(super) fn postpone(&mut self, now: Timestamp) {
        self.due = Some(later(now, LOOKS.1));
    }

    /// The control plane is about to be told how it ended.
    pub(super) fn told(&mut self) {
        self.owes_word = false;
        self.done.clear();
    }

    /// What an earlier look did is told with the end, although by now it is as it should be.
    fn recall(&mut self, results: &mut Vec<ObjectResult>) {
        for result in results.iter_mut() {
            match result.outcome {
                ObjectOutcome::Created | ObjectOutcome::Updated | ObjectOutcome::Deleted => {
                    self.done.insert(result.key.clone(), ObjectResult { answer: Answer::Settled, ..result.clone() });
                }
                ObjectOutcome::Unchanged => {
                    if let Some(done) = self.done.get(&result.key) {
                        result.outcome = done.outcome;
                        result.field = result.field.take().or_else(|| done.field.clone());
                        result.message = result.message.take().or_else(|| done.message.clone());
                    }
                }
                ObjectOutcome::Failed | ObjectOutcome::Drifted => {}
            }
        }
        let named: BTreeSet<_> = results.iter().map(|result| result.key.clone()).collect();
        let gone = self.done.values().filter(|done| done.outcome == ObjectOutcome::Deleted);
        results.extend(gone.filter(|done| !named.contains(&done.key)).cloned());
    }
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    SignedDuration::try_from(pause).ok().and_then(|pause| now.checked_add(pause).ok()).unwrap_or(now)
}
