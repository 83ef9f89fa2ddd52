//! Doing it: in the order of what needs what, several at once, each noted as soon as it is written.

mod outcome;
mod write;

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use futures::{StreamExt, stream};

pub use self::outcome::{Applied, Done, Outcome, Published};
use crate::{
    api::{Api, ApiError},
    compare::{Action, Step},
    contract,
    finding::Finding,
    state::{Journal, StateError, Written},
    wanted::{Key, Kind},
};

/// How it is done.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// How many requests are under way at most.
    pub concurrency: usize,
    /// Whether what ran in v1 is published.
    pub publish: bool,
}

/// Why it ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fatal {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error(transparent)]
    State(#[from] StateError),
}

/// Does what the steps say. Ends early when nothing more can be done; what was done by then is noted and told.
pub async fn apply(api: &Api, steps: &[Step], journal: Journal, how: How) -> Applied {
    let applier = Applier {
        api,
        journal: RefCell::new(journal),
        ids: RefCell::default(),
        statuses: RefCell::default(),
        done: RefCell::default(),
        fatal: RefCell::default(),
    };
    let of = |kind: Kind| steps.iter().filter(move |step| step.wanted.kind == kind);
    for kind in Kind::ALL {
        applier.all(of(kind), how.concurrency).await;
        if kind == Kind::Route {
            // An API service is activated when it has its routes.
            applier.services(of(Kind::ApiService), how.concurrency).await;
        }
    }
    let published = applier.publishes(of(Kind::ProductPublish), how).await;
    Applied {
        done: applier.done.into_inner(),
        published,
        fatal: applier.fatal.into_inner().map(|fatal| fatal.to_string()),
    }
}

struct Applier<'a> {
    api: &'a Api,
    journal: RefCell<Journal>,
    ids: RefCell<HashMap<Key, String>>,
    statuses: RefCell<HashMap<Key, String>>,
    done: RefCell<HashMap<Key, Done>>,
    fatal: RefCell<Option<Fatal>>,
}

impl Applier<'_> {
    /// Does steps of one kind. Parts of one API service come one after the other: they are one document.
    async fn all<'s>(&self, steps: impl Iterator<Item = &'s Step>, concurrency: usize) {
        let mut groups: BTreeMap<&Key, Vec<&Step>> = BTreeMap::new();
        for step in steps {
            groups.entry(step.wanted.parent.as_ref().unwrap_or(&step.wanted.key)).or_default().push(step);
        }
        stream::iter(groups.into_values())
            .for_each_concurrent(concurrency, |group| async move {
                for step in group {
                    self.one(step).await;
                }
            })
            .await;
    }

    async fn one(&self, step: &Step) {
        if self.fatal.borrow().is_some() {
            return;
        }
        match self.perform(step).await {
            Ok(done) => drop(self.done.borrow_mut().insert(step.wanted.key.clone(), done)),
            Err(fatal) => self.end(fatal),
        }
    }

    fn end(&self, fatal: Fatal) {
        self.fatal.borrow_mut().get_or_insert(fatal);
    }

    async fn perform(&self, step: &Step) -> Result<Done, Fatal> {
        let key = &step.wanted.key;
        match &step.action {
            Action::Refuse => Ok(Done::new(Outcome::NotTaken, None)),
            Action::Keep { id } => {
                if let Some(id) = id {
                    self.ids.borrow_mut().insert(key.clone(), id.clone());
                }
                Ok(Done::new(Outcome::Kept, id.clone()))
            }
            Action::Leave { id, is } => {
                self.note(key, Written { id: id.clone(), was: is.clone() })?;
                Ok(Done::new(Outcome::Unchanged, Some(id.clone())))
            }
            Action::Create => self.create(step).await,
            Action::Update { id, is } => self.update(step, id, is).await,
        }
    }

    /// Notes what is there now, for the next import and for what names it.
    fn note(&self, key: &Key, written: Written) -> Result<(), StateError> {
        self.ids.borrow_mut().insert(key.clone(), written.id.clone());
        if let Some(status) = &written.was.status {
            self.statuses.borrow_mut().insert(key.clone(), status.clone());
        }
        self.journal.borrow_mut().note(key, written)
    }

    /// Brings API services into their states.
    async fn services<'s>(&self, steps: impl Iterator<Item = &'s Step>, concurrency: usize) {
        stream::iter(steps)
            .for_each_concurrent(concurrency, |step| async move {
                let written = matches!(step.action, Action::Create | Action::Update { .. });
                if !written || self.fatal.borrow().is_some() {
                    return;
                }
                match self.turn(step).await {
                    Ok(None) => {}
                    Ok(Some(finding)) => self.add(&step.wanted.key, finding),
                    Err(fatal) => self.end(fatal),
                }
            })
            .await;
    }

    /// Tells something more of what is done, and not all of it.
    fn add(&self, key: &Key, finding: Finding) {
        if let Some(done) = self.done.borrow_mut().get_mut(key) {
            done.complete = false;
            done.findings.push(finding);
        }
    }

    /// Publishes what ran in v1, when it is told to, and says what became of each.
    async fn publishes<'s>(&self, steps: impl Iterator<Item = &'s Step>, how: How) -> Vec<Published> {
        let mut published = Vec::new();
        for step in steps.filter(|step| step.wanted.was_published) {
            let id = self.ids.borrow().get(&step.wanted.key).cloned();
            let status = self.statuses.borrow().get(&step.wanted.key).cloned();
            let mut told = Published::of(&step.wanted, id.clone());
            let draft = status.as_deref() == Some("draft");
            told.published = status.as_deref() == Some("published");
            if let (Some(id), true, true, true) = (id, draft, how.publish, told.held_back.is_none())
                && self.fatal.borrow().is_none()
            {
                match self.publish(step, &id).await {
                    Ok(None) => told.published = true,
                    Ok(Some(finding)) => self.add(&step.wanted.key, finding),
                    Err(fatal) => self.end(fatal),
                }
            }
            published.push(told);
        }
        published
    }
}

/// What the API shows, as it is noted.
fn written(kind: Kind, view: &serde_json::Value) -> Option<Written> {
    let id = view.get("id")?.as_str()?.to_owned();
    Some(Written { id, was: contract::of_view(kind, view)? })
}
