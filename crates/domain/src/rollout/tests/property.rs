//! Workers that die anywhere, act late and meet each other, in a world where anything happens.
//!
//! A worker reads the row and looks at the clusters; some time later it does the step that this led to. As in the table, the
//! step has its effect only if the row is still as it was read.

use proptest::prelude::*;

use super::*;
use crate::{deployment::DeploymentStatus, resource::Revision};

const CLUSTERS: usize = 6;

/// What somebody does.
#[derive(Debug, Clone)]
enum Act {
    /// A worker reads the row, and looks at all clusters but one.
    Read {
        worker: usize,
        unseen: usize,
    },
    /// It does its step, unless it has died.
    Do {
        worker: usize,
    },
    /// It dies.
    Die {
        worker: usize,
    },
    /// An agent reports on what is desired.
    Report {
        cluster: usize,
        status: DeploymentStatus,
    },
    /// A cluster gets another status.
    Cluster {
        cluster: usize,
        status: ClusterStatus,
    },
    /// Somebody publishes something else by hand.
    Meddle {
        cluster: usize,
    },
    /// Time passes.
    Wait {
        seconds: i64,
    },
    /// Somebody pauses, resumes or aborts.
    Pause,
    Resume,
    Abort {
        rollback: bool,
    },
}

fn act() -> impl proptest::strategy::Strategy<Value = Act> {
    let (worker, cluster) = (0..3_usize, 0..CLUSTERS);
    let status = prop_oneof![
        6 => Just(DeploymentStatus::Ready),
        1 => Just(DeploymentStatus::Degraded),
        1 => Just(DeploymentStatus::Failed),
    ];
    let cluster_status = prop_oneof![
        4 => Just(ClusterStatus::Active),
        1 => Just(ClusterStatus::Inactive),
        1 => Just(ClusterStatus::Maintenance),
    ];
    prop_oneof![
        20 => (worker.clone(), 0..2 * CLUSTERS).prop_map(|(worker, unseen)| Act::Read { worker, unseen }),
        20 => worker.clone().prop_map(|worker| Act::Do { worker }),
        3 => worker.prop_map(|worker| Act::Die { worker }),
        10 => (cluster.clone(), status).prop_map(|(cluster, status)| Act::Report { cluster, status }),
        3 => (cluster.clone(), cluster_status).prop_map(|(cluster, status)| Act::Cluster { cluster, status }),
        1 => cluster.prop_map(|cluster| Act::Meddle { cluster }),
        5 => (1_i64..200).prop_map(|seconds| Act::Wait { seconds }),
        1 => Just(Act::Pause),
        1 => Just(Act::Resume),
        1 => any::<bool>().prop_map(|rollback| Act::Abort { rollback }),
    ]
}

/// One cluster as it is, and what happened there.
#[derive(Debug, Clone)]
struct Place {
    status: ClusterStatus,
    /// What each generation consists of; the last one is desired.
    generations: Vec<&'static str>,
    deployment: DeploymentStatus,
    published: usize,
}

struct World {
    rollout: Resource<Rollout>,
    places: Vec<Place>,
    workers: Vec<Option<(Revision, Step, Stamp)>>,
    now: i64,
}

impl World {
    fn new(strategy: Value) -> Self {
        // Every other cluster has something already.
        let place = |number: usize| Place {
            status: ClusterStatus::Active,
            generations: if number.is_multiple_of(2) { vec!["before"] } else { vec![] },
            deployment: DeploymentStatus::Ready,
            published: 0,
        };
        let places = (0..CLUSTERS).map(place).collect();
        Self { rollout: rollout(CLUSTERS, strategy), places, workers: vec![None; 3], now: 0 }
    }

    fn sight(&self, number: usize) -> Sight {
        let place = &self.places[number];
        let seen = self.rollout.body.targets[number].deployment_id.map(|_| DeploymentSight {
            generation: Generation(place.generations.len() as u64),
            status: place.deployment,
            stale: place.status == ClusterStatus::Inactive,
            complaint: None,
        });
        Sight { cluster: Some(place.status), deployment: seen }
    }

    fn sights(&self, unseen: usize) -> Sights {
        (0..CLUSTERS).filter(|number| *number != unseen).map(|number| (cluster(number), self.sight(number))).collect()
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Read { worker, unseen } => {
                let stamp = at(self.now);
                let step = self.rollout.next_step(&self.sights(unseen), &stamp);
                self.workers[worker] = Some((self.rollout.revision, step, stamp));
            }
            Act::Do { worker } => {
                if let Some((revision, step, stamp)) = self.workers[worker].take()
                    && revision == self.rollout.revision
                {
                    self.step(step, &stamp);
                }
            }
            Act::Die { worker } => self.workers[worker] = None,
            Act::Report { cluster, status } => {
                let place = &mut self.places[cluster];
                if place.status != ClusterStatus::Inactive && !place.generations.is_empty() {
                    place.deployment = status;
                }
            }
            Act::Cluster { cluster, status } => self.places[cluster].status = status,
            Act::Meddle { cluster } => {
                self.places[cluster].generations.push("by hand");
                self.places[cluster].deployment = DeploymentStatus::Pending;
            }
            Act::Wait { seconds } => self.now += seconds,
            Act::Pause => self.change(|rollout, stamp| rollout.pause(None, stamp)),
            Act::Resume => self.change(Resource::<Rollout>::resume),
            Act::Abort { rollback } => self.change(|rollout, stamp| rollout.abort(rollback, None, stamp)),
        }
    }

    fn change(&mut self, transition: impl Fn(Resource<Rollout>, &Stamp) -> Result<Change<Rollout>, WrongState>) {
        if let Ok(change) = transition(self.rollout.clone(), &at(self.now)) {
            self.rollout = change.after().unwrap().clone();
        }
    }

    /// Does a step, as one transaction.
    fn step(&mut self, step: Step, stamp: &Stamp) {
        let rollout = self.rollout.clone();
        let change = match step {
            Step::Rest => return,
            Step::Note(change) => *change,
            Step::Publish(id) => {
                let number = (0..CLUSTERS).find(|number| cluster(*number) == id).unwrap();
                self.check_publishing(number);
                let place = &mut self.places[number];
                if place.status == ClusterStatus::Maintenance {
                    return;
                }
                let previous = place.generations.len() as u64;
                place.generations.push("new");
                place.deployment = DeploymentStatus::Pending;
                place.published += 1;
                let published = Published {
                    generation: Generation(previous + 1),
                    previous_generation: (previous > 0).then_some(Generation(previous)),
                    ..published(number)
                };
                rollout.published(id, published, stamp)
            }
            Step::RollBack(id) => {
                let number = (0..CLUSTERS).find(|number| cluster(*number) == id).unwrap();
                let target = rollout.body.targets[number].clone();
                let place = &mut self.places[number];
                if Some(Generation(place.generations.len() as u64)) != target.generation {
                    rollout.went_back(id, TargetState::Superseded, None, stamp)
                } else {
                    let previous = target.previous_generation.map(|generation| generation.0 as usize - 1);
                    place.generations.push(previous.map_or("nothing", |previous| place.generations[previous]));
                    place.deployment = DeploymentStatus::Pending;
                    rollout.went_back(id, TargetState::RolledBack, None, stamp)
                }
            }
        };
        assert_ne!(change.after(), Some(&self.rollout), "a step that changes nothing");
        self.rollout = change.after().unwrap().clone();
    }

    /// What must hold whenever something is published.
    fn check_publishing(&self, number: usize) {
        let body = &self.rollout.body;
        assert_eq!(body.status, RolloutStatus::Running);
        assert_eq!(self.places[number].published, 0, "published twice");
        assert!(!body.has_failed(), "published beyond the threshold");
        assert!(body.next_wave_at.is_none(), "published between waves");
        let target = &body.targets[number];
        assert!(target.wave <= body.wave, "published before its wave");
        let earlier = body.targets.iter().filter(|other| other.wave < target.wave && other.wave < body.wave);
        for other in earlier {
            assert!(other.state != TargetState::Waiting, "an earlier wave was left out");
        }
    }

    /// Everybody is well, and the worker runs each minute.
    fn settle(&mut self) {
        for _ in 0..200 {
            if self.rollout.body.status.has_ended() {
                return;
            }
            for place in &mut self.places {
                place.status = ClusterStatus::Active;
                if place.deployment == DeploymentStatus::Pending {
                    place.deployment = DeploymentStatus::Ready;
                }
            }
            self.now += 60;
            for _ in 0..2 * CLUSTERS {
                self.act(Act::Read { worker: 0, unseen: CLUSTERS });
                self.act(Act::Do { worker: 0 });
            }
        }
    }

    fn check_end(&self) {
        let body = &self.rollout.body;
        assert!(body.status.has_ended(), "it does not end: {:?}", body.status);
        for (target, place) in body.targets.iter().zip(&self.places) {
            let content = place.generations.last().copied();
            let meddled = place.generations.contains(&"by hand");
            match body.status {
                RolloutStatus::Succeeded if target.state != TargetState::Skipped => {
                    assert_eq!(place.published, 1, "{target:?} was left out");
                }
                RolloutStatus::Aborted if target.state == TargetState::RolledBack => {
                    let number = body.targets.iter().position(|other| other == target).unwrap();
                    let before = if number.is_multiple_of(2) { "before" } else { "nothing" };
                    assert!(meddled || content == Some(before), "{target:?} has {content:?}");
                }
                _ => {}
            }
            if target.state == TargetState::Superseded {
                assert!(meddled, "{target:?} is taken for somebody else's");
            }
        }
    }
}

fn strategies() -> impl proptest::strategy::Strategy<Value = Value> {
    (1..4_u32, 0..3_u32, prop_oneof![Just(0), Just(90)]).prop_map(|(size, count, wait)| {
        json!({
            "waves": [{ "size": size }, { "percent": 50 }], "failure_threshold": { "count": count },
            "wait_seconds": wait, "ready_timeout_seconds": 120,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_is_published_twice_or_left_out_whoever_dies(
        strategy in strategies(), acts in prop::collection::vec(act(), 0..200),
    ) {
        let mut world = World::new(strategy);
        for act in acts {
            world.act(act);
        }
        world.act(Act::Resume);
        world.settle();
        world.check_end();
    }
}
