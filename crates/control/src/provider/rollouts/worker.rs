//! The worker of rollouts: takes them step by step to where they are to be.
//!
//! It goes by what the rollout's row and its clusters' rows say, never by what an event says: an event, or the schedule, only
//! makes it look. Each step is decided by the domain, and written in one transaction with the rollout's row at the revision that
//! it was decided on. So the worker may be called twice, late, in any order, several times at once, or die anywhere.
//!
//! ```text
//!   look at the clusters --> next step --+--> note it          --+
//!        ^                               +--> publish to one    --+--> the rollout's next revision --+
//!        |                               +--> take one back     --+                                   |
//!        +-- somebody else was faster <--+--> rest                        next step <-----------------+
//! ```
//!
//! One run does a bounded part; what is left is found by the next one, a minute later, or when an agent has reported.

use std::sync::Arc;

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use switchtower_domain::{
    access::{Caller, Granted},
    change::{Change, Stamp},
    cluster::ClusterId,
    context::Context,
    event::Event,
    field::FieldErrors,
    operation::Operation,
    resource::Resource,
    rollout::{ACTIVE, Rollout, RolloutId, RolloutTarget, Sights, Step, TargetState},
    tenant::TenantId,
};
use switchtower_store::{Commit, CursorKey, Page};

use super::claim;
use crate::{Control, Error, error::in_words, ports::Doorbells, resource::after};

/// What the worker is authorized for: nobody else can ask for it.
const ADVANCE: Operation = Operation { id: "rollout_advance", permission: "system:roll_out" };

/// The most steps that one run does for a rollout.
const MOST_STEPS: u32 = 60;
/// The most rollouts that a scheduled run looks at.
const MOST: usize = 200;
/// How many of them at the same time.
const AT_ONCE: usize = 4;
/// What a cluster's state says while its turn is put off: the log has the causes.
const IN_THE_WAY: &str = "Something on our side was in the way.";
/// How often a rollout is looked at anew when others change it, or its clusters, at the same time.
const TRIES: u32 = 8;
/// How long a run begins something new.
const PATIENCE: SignedDuration = SignedDuration::from_secs(40);

/// Takes rollouts to where they are to be.
pub struct Rollouts {
    control: Control,
    doorbells: Arc<dyn Doorbells>,
    clock: Arc<dyn Fn() -> Context + Send + Sync>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Advanced {
    /// Clusters that were published to.
    pub published: u32,
    /// Clusters that could not be.
    pub refused: u32,
    /// Clusters that went back.
    pub rolled_back: u32,
    /// Rollouts or clusters that are left to the next run, because something changed or could not be read.
    pub postponed: u32,
}

impl Advanced {
    fn plus(self, other: Self) -> Self {
        Self {
            published: self.published + other.published,
            refused: self.refused + other.refused,
            rolled_back: self.rolled_back + other.rolled_back,
            postponed: self.postponed + other.postponed,
        }
    }
}

/// One step: in which tenant, when, with what right.
pub(super) struct Run<'a> {
    pub(super) context: Context,
    pub(super) doorbells: &'a dyn Doorbells,
    caller: Caller,
    granted: Granted,
}

impl Run<'_> {
    pub(super) fn stamp(&self) -> Stamp {
        self.context.stamp(&self.caller)
    }

    pub(super) fn commit(&self) -> Commit<'_> {
        Commit::new(&self.granted, &self.context)
    }
}

impl Rollouts {
    /// Works with these use cases; `clock` makes the context of each step.
    pub fn new(control: Control, doorbells: Arc<dyn Doorbells>, clock: Arc<dyn Fn() -> Context + Send + Sync>) -> Self {
        Self { control, doorbells, clock }
    }

    /// Looks at every rollout whose time has come.
    pub async fn revisit(&self) -> Result<Advanced, Error> {
        let now = (self.clock)().now;
        let mut due = self.control.store.due_resources::<Rollout>(now, MOST).await?;
        if !due.is_empty() {
            // Another one begins each minute, so that none keeps the others from their turn.
            let minute = usize::try_from(now.as_second() / 60).unwrap_or_default();
            let first = minute % due.len();
            due.rotate_left(first);
        }
        Ok(self.all(now, due.into_iter().map(|rollout| (rollout.tenant_id, rollout.id)).collect()).await)
    }

    /// Looks at the rollouts that an event may matter to: the one that it is about, or those to its cluster.
    pub async fn hear(&self, event: &Event) -> Result<Advanced, Error> {
        let context = (self.clock)();
        if let Ok(id) = event.subject.parse::<RolloutId>() {
            return Ok(self.all(context.now, vec![(event.tenant_id, id)]).await);
        }
        let Some(cluster) = event.cluster_id.or_else(|| event.subject.parse().ok()) else {
            return Ok(Advanced::default());
        };
        let mut page = Page { limit: 20, cursor: None, key: CursorKey::new(context.secret()) };
        let mut concerned = Vec::new();
        loop {
            let listed = self.control.store.list_group::<Rollout>(event.tenant_id, ACTIVE, &page).await?;
            let theirs = listed.items.into_iter().filter(|rollout| goes_to(rollout, cluster));
            concerned.extend(theirs.map(|rollout| (event.tenant_id, rollout.id)));
            match listed.next_cursor {
                Some(next) => page.cursor = Some(next),
                None => return Ok(self.all(context.now, concerned).await),
            }
        }
    }

    async fn all(&self, since: Timestamp, rollouts: Vec<(TenantId, RolloutId)>) -> Advanced {
        let advanced = stream::iter(rollouts).map(|(tenant, id)| async move {
            let mut report = Advanced::default();
            if let Err(error) = self.advance(since, tenant, id, &mut report).await {
                report.postponed += 1;
                log(&id, &error);
            }
            report
        });
        let advanced = advanced.buffer_unordered(AT_ONCE);
        advanced.fold(Advanced::default(), |sum, report| async move { sum.plus(report) }).await
    }

    /// Takes a rollout on until it rests, or the run has done its part.
    async fn advance(
        &self,
        since: Timestamp,
        tenant: TenantId,
        id: RolloutId,
        report: &mut Advanced,
    ) -> Result<(), Error> {
        let mut left = MOST_STEPS;
        for _ in 0..TRIES {
            let Some(rollout) = self.control.store.get::<Rollout>(tenant, id).await? else { return Ok(()) };
            match self.walk(since, rollout, &mut left, report).await {
                Err(Error::Busy) => {}
                result => return result,
            }
        }
        Err(Error::Busy)
    }

    async fn walk(
        &self,
        since: Timestamp,
        mut rollout: Resource<Rollout>,
        left: &mut u32,
        report: &mut Advanced,
    ) -> Result<(), Error> {
        let mut sights = self.control.rollout_sights(&rollout).await?;
        let status = rollout.body.status;
        while *left > 0 {
            *left -= 1;
            let run = self.run(rollout.tenant_id)?;
            if run.context.now.duration_since(since) > PATIENCE {
                return Ok(());
            }
            rollout = match rollout.next_step(&sights, &run.stamp()) {
                Step::Rest => return Ok(()),
                Step::Note(change) => self.note(&run, *change).await?,
                Step::Publish(cluster) => self.publish(&run, rollout, cluster, &mut sights, report).await?,
                Step::RollBack(cluster) => self.roll_back(&run, rollout, cluster, &mut sights, report).await?,
            };
            if rollout.body.status != status {
                return Ok(());
            }
        }
        Ok(())
    }

    fn run(&self, tenant: TenantId) -> Result<Run<'_>, Error> {
        let caller = Caller::system("rollouts", tenant);
        let granted = caller.authorize(&ADVANCE)?;
        Ok(Run { context: (self.clock)(), doorbells: self.doorbells.as_ref(), caller, granted })
    }

    async fn note(&self, run: &Run<'_>, change: Change<Rollout>) -> Result<Resource<Rollout>, Error> {
        claim(run.commit().change(&change), &change).send(&self.control.store).await?;
        after(change)
    }

    /// Publishes to a cluster, or notes why that cannot be.
    async fn publish(
        &self,
        run: &Run<'_>,
        rollout: Resource<Rollout>,
        cluster: ClusterId,
        sights: &mut Sights,
        report: &mut Advanced,
    ) -> Result<Resource<Rollout>, Error> {
        let target = target(&rollout, cluster)?;
        match self.control.rollout_publish(run, rollout.clone(), &target).await {
            Ok((rollout, deployment)) => {
                report.published += 1;
                if let Some(sight) = sights.get_mut(&cluster) {
                    sight.deployment = Some(deployment);
                }
                Ok(rollout)
            }
            // The cluster has begun its maintenance: that is seen when it is looked at anew.
            Err(Error::WrongState(_)) => Err(Error::Busy),
            Err(error) => match refusal(&error) {
                Some(why) => {
                    report.refused += 1;
                    self.note(run, rollout.not_published(cluster, why, &run.stamp())).await
                }
                None => self.postpone(run, rollout, cluster, error, sights, report).await,
            },
        }
    }

    /// Takes a cluster back, or notes why that cannot be.
    async fn roll_back(
        &self,
        run: &Run<'_>,
        rollout: Resource<Rollout>,
        cluster: ClusterId,
        sights: &mut Sights,
        report: &mut Advanced,
    ) -> Result<Resource<Rollout>, Error> {
        let target = target(&rollout, cluster)?;
        match self.control.rollout_back(run, rollout.clone(), &target).await {
            Ok(rollout) => {
                report.rolled_back += 1;
                Ok(rollout)
            }
            Err(error) => match refusal(&error) {
                Some(why) => {
                    report.refused += 1;
                    let change = rollout.went_back(cluster, TargetState::RollbackFailed, Some(why), &run.stamp());
                    self.note(run, change).await
                }
                None => self.postpone(run, rollout, cluster, error, sights, report).await,
            },
        }
    }

    /// Leaves one cluster to the next run, so that it does not keep the others from their turn, and tells so. When somebody
    /// else was faster, everything is looked at anew.
    async fn postpone(
        &self,
        run: &Run<'_>,
        rollout: Resource<Rollout>,
        cluster: ClusterId,
        error: Error,
        sights: &mut Sights,
        report: &mut Advanced,
    ) -> Result<Resource<Rollout>, Error> {
        if matches!(error, Error::Busy) {
            return Err(error);
        }
        report.postponed += 1;
        log(&cluster, &error);
        sights.remove(&cluster);
        match rollout.clone().troubled(cluster, IN_THE_WAY, &run.stamp()) {
            Some(change) => self.note(run, change).await,
            None => Ok(rollout),
        }
    }
}

fn goes_to(rollout: &Resource<Rollout>, cluster: ClusterId) -> bool {
    rollout.body.targets.iter().any(|target| target.cluster_id == cluster)
}

fn target(rollout: &Resource<Rollout>, cluster: ClusterId) -> Result<RolloutTarget, Error> {
    let found = rollout.body.targets.iter().find(|target| target.cluster_id == cluster);
    found.cloned().ok_or(Error::NotFound { kind: "cluster" })
}

fn log(what: &dyn std::fmt::Display, error: &Error) {
    match error {
        Error::Busy => tracing::info!(%what, "others are changing it, and it is left to the next run"),
        error => tracing::error!(%what, %error, cause = error.cause(), "it is left to the next run"),
    }
}

/// Why something can never be, in a sentence; nothing, when it may be the next time.
fn refusal(error: &Error) -> Option<String> {
    match error {
        Error::NotPublishable(errors) | Error::Fields(errors) | Error::Query(errors) | Error::Document(errors) => {
            Some(sentence(errors))
        }
        Error::NotFound { kind } => Some(format!("There is no such {} any more.", in_words(kind))),
        Error::TooLarge { what, bytes, limit } => {
            Some(format!("The {what} has {bytes} bytes; at most {limit} are allowed."))
        }
        Error::NameTaken { kind, name } => Some(format!("Another {} is called `{name}`.", in_words(kind))),
        Error::WrongState(wrong) => Some(format!("The {} is {}.", in_words(wrong.kind), wrong.state)),
        Error::Refused { detail, .. } => Some(detail.clone()),
        Error::Denied(_)
        | Error::Stale
        | Error::Busy
        | Error::InUse { .. }
        | Error::BadCursor
        | Error::Throttled(_)
        | Error::Unavailable(_) => None,
    }
}

/// The first thing that is wrong, and how many more.
fn sentence(errors: &FieldErrors) -> String {
    let errors = errors.clone().into_vec();
    let first = errors.first().map(|error| error.detail.clone()).unwrap_or_default();
    match errors.len() {
        0 | 1 => first,
        several => format!("{first} ({} more)", several - 1),
    }
}
