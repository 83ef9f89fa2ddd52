//! Rollouts: their transitions, and what follows from what is seen.

mod property;
mod transitions;
mod waves;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::{actor::Actor, cluster::ClusterStatus, deployment::Generation};

fn at(second: i64) -> Stamp {
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
    Stamp { now, actor: Actor::System("test".to_owned()) }
}

fn cluster(number: usize) -> ClusterId {
    ClusterId::from_parts(1, number as u128)
}

fn clusters(count: usize) -> Vec<(ClusterId, Name)> {
    (0..count).map(|number| (cluster(number), format!("cluster-{number}").parse().unwrap())).collect()
}

fn input(strategy: Value, start: bool) -> RolloutInput {
    let input = json!({
        "name": "shop-2", "environment": "prod", "start": start, "strategy": strategy,
        "product_id": ProductId::nil(), "gateway_id": GatewayId::nil(),
        "clusters": { "ids": [cluster(0)] },
    });
    serde_json::from_value(input).unwrap()
}

/// A rollout to so many clusters, which runs since second 0.
fn rollout(count: usize, strategy: Value) -> Resource<Rollout> {
    let planned =
        Resource::<Rollout>::plan(RolloutId::nil(), TenantId::nil(), input(strategy, true), clusters(count), &at(0));
    planned.unwrap().after().unwrap().clone()
}

fn after<E: std::fmt::Debug>(change: Result<Change<Rollout>, E>) -> Resource<Rollout> {
    change.unwrap().after().unwrap().clone()
}

fn published(number: usize) -> Published {
    Published {
        product_publish_id: Id::from_parts(1, number as u128),
        deployment_id: Id::from_parts(1, number as u128),
        generation: Generation(2),
        previous_generation: Some(Generation(1)),
    }
}

fn states(rollout: &Resource<Rollout>) -> Vec<TargetState> {
    rollout.body.targets.iter().map(|target| target.state).collect()
}

/// What is seen of a cluster that works, with nothing of the rollout.
fn healthy() -> Sight {
    Sight { cluster: Some(ClusterStatus::Active), deployment: None }
}
