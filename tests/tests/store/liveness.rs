//! Heartbeats, what is due, and places on buses.

use futures::future::join_all;
use jiff::SignedDuration;
use switchtower_domain::{agent::AgentStatus, cluster::ClusterId};
use switchtower_store::live::Liveness;

use crate::support::Desk;

fn liveness(desk: &Desk, status: AgentStatus) -> Liveness {
    Liveness {
        agent_id: desk.context().id(),
        tenant_id: desk.tenant,
        cluster_id: desk.context().id(),
        last_heartbeat_at: desk.world.clock.now(),
        applied_version: 0,
        status,
        version: "0.1.0".to_owned(),
    }
}

#[tokio::test]
async fn the_longest_silent_agents_come_first_and_the_offline_ones_not_at_all() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for status in [AgentStatus::Online, AgentStatus::Degraded, AgentStatus::Offline, AgentStatus::Online] {
        let beat = liveness(&desk, status);
        desk.world.store.put_liveness(&beat).await.unwrap();
        if status != AgentStatus::Offline {
            ids.push(beat.agent_id);
        }
        desk.world.clock.advance(SignedDuration::from_secs(60));
    }
    let now = desk.world.clock.now();
    let silent = |seconds: i64, most: usize| {
        let store = desk.world.store.clone();
        async move {
            let before = now - SignedDuration::from_secs(seconds);
            let silent = store.agents_silent_since(before, most).await.unwrap();
            silent.into_iter().map(|beat| beat.agent_id).collect::<Vec<_>>()
        }
    };
    assert_eq!(silent(0, 10).await, ids);
    assert_eq!(silent(90, 10).await, ids[..2]);
    assert_eq!(silent(0, 1).await, ids[..1]);
}

#[tokio::test]
async fn places_are_taken_once_for_each_cluster_and_never_more_than_there_are() {
    let desk = Desk::new().await;
    let clusters: Vec<ClusterId> = (0..7).map(|_| desk.context().id()).collect();
    let take = |cluster: ClusterId| {
        let desk = &desk;
        async move {
            for _ in 0..50 {
                if let Ok(number) = desk.world.store.place_take(desk.tenant, cluster, 3).await {
                    return number;
                }
            }
            panic!("no place is ever free");
        }
    };
    let taken = join_all(clusters.iter().chain(&clusters).map(|cluster| take(*cluster))).await;
    assert_eq!(taken[..7], taken[7..], "a cluster has two places");
    for bus in 1..=3 {
        assert!(taken[..7].iter().filter(|number| **number == bus).count() <= 3, "{taken:?}");
    }
    let freed = clusters[0];
    for _ in 0..2 {
        desk.world.store.place_release(freed).await.unwrap();
    }
    assert_eq!(desk.world.store.place(freed).await.unwrap(), None);
    assert_eq!(take(desk.context().id()).await, taken[0]);
}
