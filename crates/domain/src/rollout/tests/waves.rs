//! What follows from what is seen, second by second.

use super::*;
use crate::deployment::DeploymentStatus;

/// A rollout whose worker sees what a test says, and does what it is told at once.
struct Story {
    rollout: Resource<Rollout>,
    sights: Sights,
    published: Vec<usize>,
}

impl Story {
    fn new(count: usize, strategy: Value) -> Self {
        let sights = (0..count).map(|number| (cluster(number), healthy())).collect();
        Self { rollout: rollout(count, strategy), sights, published: Vec::new() }
    }

    /// Lets the worker run at a second until there is nothing to do; tells the types of the events.
    fn run(&mut self, second: i64) -> Vec<&'static str> {
        let mut events = Vec::new();
        for _ in 0..1000 {
            let change = match self.rollout.next_step(&self.sights, &at(second)) {
                Step::Rest => return events,
                Step::Note(change) => *change,
                Step::Publish(id) => {
                    let number = (0..100).find(|number| cluster(*number) == id).unwrap();
                    self.published.push(number);
                    let sight = self.sights.get_mut(&id).unwrap();
                    sight.deployment = Some(seen(2, DeploymentStatus::Pending));
                    self.rollout.clone().published(id, published(number), &at(second))
                }
                Step::RollBack(id) => self.rollout.clone().went_back(id, TargetState::RolledBack, None, &at(second)),
            };
            events.extend(change.events().iter().map(|event| event.kind));
            self.rollout = change.after().unwrap().clone();
        }
        panic!("it never rests");
    }

    fn report(&mut self, number: usize, status: DeploymentStatus) {
        self.sights.get_mut(&cluster(number)).unwrap().deployment = Some(seen(2, status));
    }

    fn status(&mut self, number: usize, status: ClusterStatus) {
        self.sights.get_mut(&cluster(number)).unwrap().cluster = Some(status);
    }
}

fn seen(generation: u64, status: DeploymentStatus) -> DeploymentSight {
    DeploymentSight { generation: Generation(generation), status, stale: false, complaint: None }
}

fn by_ones() -> Value {
    json!({ "waves": [{ "size": 1 }], "wait_seconds": 60, "ready_timeout_seconds": 300 })
}

#[test]
fn a_wave_waits_for_its_clusters_and_then_for_its_time() {
    let mut story = Story::new(3, json!({ "waves": [{ "size": 1 }, { "size": 2 }], "wait_seconds": 60 }));
    assert_eq!(story.run(0), ["rollout.wave_started", "rollout.progressed"]);
    assert_eq!(story.published, [0]);
    assert!(story.run(10).is_empty());
    story.report(0, DeploymentStatus::Ready);
    assert_eq!(story.run(20), ["rollout.wave_completed"]);
    assert!(story.run(79).is_empty(), "the wait is not over");
    assert_eq!(story.run(80)[0], "rollout.wave_started");
    assert_eq!(story.published, [0, 1, 2]);
    story.report(1, DeploymentStatus::Ready);
    story.report(2, DeploymentStatus::Ready);
    assert_eq!(story.run(90), ["rollout.succeeded"]);
    assert_eq!(story.rollout.body.counts, RolloutCounts { ready: 3, ..RolloutCounts::default() });
    assert_eq!(story.rollout.body.ended_at, Some(at(90).now));
}

#[test]
fn one_failure_too_many_stops_it() {
    let mut story = Story::new(4, json!({ "waves": [{ "size": 2 }], "failure_threshold": { "count": 1 } }));
    story.run(0);
    story.report(0, DeploymentStatus::Failed);
    assert_eq!(story.run(1), ["rollout.progressed"], "one may fail");
    story.report(1, DeploymentStatus::Degraded);
    assert_eq!(story.run(2), ["rollout.failed"]);
    assert_eq!(story.rollout.body.message.as_deref(), Some("2 of 4 clusters failed or are degraded."));
    assert_eq!(story.published, [0, 1]);
    assert!(story.run(1000).is_empty());
}

#[test]
fn what_cannot_be_published_is_that_clusters_failure() {
    let mut story = Story::new(2, json!({ "waves": [{ "size": 2 }], "failure_threshold": { "count": 1 } }));
    let began = match story.rollout.next_step(&story.sights, &at(0)) {
        Step::Note(change) => change.after().unwrap().clone(),
        step => panic!("{step:?}"),
    };
    let why = "Gateway template `edge` is inactive; activate it first.".to_owned();
    story.rollout = began.not_published(cluster(0), why.clone(), &at(0)).after().unwrap().clone();
    story.run(0);
    assert_eq!(story.published, [1]);
    assert_eq!(states(&story.rollout), [TargetState::Failed, TargetState::Publishing]);
    assert_eq!(story.rollout.body.targets[0].message, Some(why));
    story.report(1, DeploymentStatus::Ready);
    assert_eq!(story.run(1), ["rollout.succeeded"]);
}

#[test]
fn a_cluster_that_fails_while_the_next_wave_is_waited_for_counts() {
    let mut story = Story::new(2, by_ones());
    story.run(0);
    story.report(0, DeploymentStatus::Ready);
    story.run(1);
    story.report(0, DeploymentStatus::Degraded);
    assert_eq!(story.run(61), ["rollout.failed"]);
    assert_eq!(story.published, [0]);
}

#[test]
fn a_cluster_that_is_not_ready_in_time_failed_and_may_still_become_ready() {
    let strategy = json!({
        "waves": [{ "size": 1 }], "ready_timeout_seconds": 300, "failure_threshold": { "count": 1 }, "wait_seconds": 0,
    });
    let mut story = Story::new(2, strategy);
    story.run(0);
    assert!(story.run(299).is_empty());
    story.run(300);
    assert_eq!(states(&story.rollout), [TargetState::Failed, TargetState::Publishing]);
    assert_eq!(story.rollout.body.targets[0].message.as_deref(), Some("It was not ready after 300 seconds."));
    story.report(0, DeploymentStatus::Ready);
    story.run(310);
    assert_eq!(states(&story.rollout), [TargetState::Ready, TargetState::Publishing]);
}

#[test]
fn a_cluster_that_is_offline_holds_nobody_up_and_follows_when_it_is_back() {
    let mut story = Story::new(2, by_ones());
    story.status(0, ClusterStatus::Inactive);
    assert!(story.run(0).contains(&"rollout.wave_completed"));
    assert_eq!((story.published.clone(), states(&story.rollout)[0]), (vec![0], TargetState::Offline));
    story.run(60);
    assert_eq!(story.published, [0, 1]);
    story.status(0, ClusterStatus::Active);
    story.run(310);
    assert_eq!(states(&story.rollout)[0], TargetState::Publishing, "it has its time from when it is back");
    story.report(1, DeploymentStatus::Ready);
    assert_eq!(story.run(350), ["rollout.progressed"], "the one that is back is waited for");
    story.report(0, DeploymentStatus::Ready);
    assert_eq!(story.run(600), ["rollout.succeeded"]);
    assert_eq!(story.rollout.body.counts, RolloutCounts { ready: 2, ..RolloutCounts::default() });
}

#[test]
fn a_rollout_ends_without_those_that_stay_offline() {
    let mut story = Story::new(1, by_ones());
    story.status(0, ClusterStatus::Pending);
    assert!(story.run(0).contains(&"rollout.succeeded"));
    assert_eq!(story.rollout.body.counts, RolloutCounts { offline: 1, ..RolloutCounts::default() });
}

#[test]
fn a_cluster_in_maintenance_is_left_out_until_that_ends() {
    let mut story = Story::new(2, by_ones());
    story.status(0, ClusterStatus::Maintenance);
    story.run(0);
    assert_eq!((story.published.len(), states(&story.rollout)[0]), (0, TargetState::Skipped));
    story.status(0, ClusterStatus::Active);
    story.run(30);
    assert!(story.published.is_empty(), "between waves nothing is published");
    story.run(60);
    assert_eq!(story.published, [0, 1]);
}

#[test]
fn a_cluster_that_is_gone_failed() {
    let mut story = Story::new(2, json!({ "waves": [{ "size": 2 }], "failure_threshold": { "count": 2 } }));
    story.status(0, ClusterStatus::Deleting);
    story.sights.get_mut(&cluster(1)).unwrap().cluster = None;
    assert!(story.run(0).contains(&"rollout.succeeded"));
    assert_eq!(story.rollout.body.counts, RolloutCounts { failed: 2, ..RolloutCounts::default() });
    assert!(story.published.is_empty());
}

#[test]
fn a_paused_rollout_publishes_nothing_and_sees_what_happens() {
    let mut story = Story::new(2, by_ones());
    story.run(0);
    story.rollout = after(story.rollout.clone().pause(None, &at(1)));
    story.report(0, DeploymentStatus::Ready);
    assert_eq!(story.run(100), ["rollout.progressed"]);
    assert_eq!((story.published.len(), states(&story.rollout)[0]), (1, TargetState::Ready));
    story.rollout = after(story.rollout.clone().resume(&at(200)));
    assert_eq!(story.run(200), ["rollout.wave_completed"]);
    story.run(260);
    assert_eq!(story.published, [0, 1]);
}

#[test]
fn aborting_with_rollback_takes_back_what_was_touched_the_last_one_first() {
    let mut story = Story::new(4, json!({ "waves": [{ "size": 3 }] }));
    story.run(0);
    let mut found = published(1);
    found.previous_generation = Some(found.generation);
    story.rollout = story.rollout.clone().published(cluster(1), found, &at(1)).after().unwrap().clone();
    story.sights.get_mut(&cluster(2)).unwrap().deployment = Some(seen(3, DeploymentStatus::Pending));
    story.run(2);
    story.rollout = after(story.rollout.clone().abort(true, Some("an incident".to_owned()), &at(3)));
    assert!(matches!(story.rollout.next_step(&story.sights, &at(3)), Step::RollBack(id) if id == cluster(0)));
    assert_eq!(story.run(3).last(), Some(&"rollout.aborted"));
    use TargetState::{Publishing, RolledBack, Superseded, Waiting};
    assert_eq!(states(&story.rollout), [RolledBack, Publishing, Superseded, Waiting]);
    assert_eq!(story.rollout.body.message.as_deref(), Some("an incident"));
}

#[test]
fn what_cannot_be_seen_now_is_left_to_the_next_run_and_holds_up_its_wave_alone() {
    let mut story = Story::new(3, json!({ "waves": [{ "size": 2 }], "wait_seconds": 0 }));
    let unseen = story.sights.remove(&cluster(0)).unwrap();
    story.run(0);
    story.report(1, DeploymentStatus::Ready);
    story.run(1);
    assert_eq!(story.published, [1]);
    story.sights.insert(cluster(0), unseen);
    story.run(2);
    assert_eq!(story.published, [1, 0]);
}
