//! Changes and their events: both or neither, on the revision that the decision was made on.

use futures::future::join_all;
use switchtower_domain::{cluster::Cluster, event::EventDraft, gateway::Gateway, resource::Resource};
use switchtower_store::{Commit, StoreError};
use switchtower_tests::account::system;

use crate::support::{Desk, cluster_input, gateway_input};

#[tokio::test]
async fn a_change_is_written_with_its_name_and_its_event() {
    let desk = Desk::new().await;
    desk.send(&desk.cluster("berlin")).await.unwrap();
    assert_eq!((desk.count("cluster").await, desk.count("name").await, desk.count("event").await), (1, 1, 1));
}

#[tokio::test]
async fn of_a_transaction_with_a_refused_change_nothing_is_written() {
    let desk = Desk::new().await;
    desk.send(&desk.cluster("berlin")).await.unwrap();
    let before = desk.world.rows().await.len();
    let context = desk.context();
    let refused = Commit::new(&desk.granted, &context)
        .change(&desk.gateway("edge"))
        .change(&desk.cluster("berlin"))
        .change(&desk.cluster("paris"))
        .event("anything".to_owned(), &EventDraft::new("cluster.updated"));
    assert!(matches!(refused.send(&desk.world.store).await, Err(StoreError::NameTaken { .. })));
    assert_eq!(desk.world.rows().await.len(), before);
}

#[tokio::test]
async fn an_event_is_in_the_log_and_in_the_outbox() {
    let desk = Desk::new().await;
    let cluster: Resource<Cluster> = desk.make(serde_json::json!({ "name": "berlin" })).await;
    let rows = desk.world.rows().await;
    let event = rows.iter().find(|row| row["kind"].as_s().unwrap() == "event").unwrap();
    let text = |name: &str| event[name].as_s().unwrap().clone();
    assert_eq!(text("gsi2pk"), "OUTBOX");
    assert_eq!((text("gsi2sk"), text("gsi1sk")), (text("sk"), text("sk")));
    assert!(text("gsi1pk").ends_with(&cluster.id.to_string()));
    assert_eq!(text("tenant_id"), desk.tenant.to_string());
}

#[tokio::test]
async fn of_many_creations_of_one_name_one_wins() {
    let desk = Desk::new().await;
    let changes: Vec<_> = (0..10).map(|_| desk.cluster("berlin")).collect();
    let results = join_all(changes.iter().map(|change| desk.send(change))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.into_iter().filter(Result::is_err) {
        assert!(matches!(result, Err(StoreError::NameTaken { .. } | StoreError::Stale)), "{result:?}");
    }
    assert_eq!((desk.count("cluster").await, desk.count("name").await, desk.count("event").await), (1, 1, 1));
}

#[tokio::test]
async fn a_name_is_unique_among_its_kind_only() {
    let desk = Desk::new().await;
    desk.send(&desk.cluster("one")).await.unwrap();
    desk.send(&desk.gateway("one")).await.unwrap();
}

#[tokio::test]
async fn of_many_changes_of_one_revision_one_wins() {
    let desk = Desk::new().await;
    let cluster: Resource<Cluster> = desk.make(serde_json::json!({ "name": "berlin" })).await;
    let changes: Vec<_> = (0..10)
        .map(|number| cluster.clone().replace(cluster_input(&format!("name-{number}")), &desk.stamp()).unwrap())
        .collect();
    let results = join_all(changes.iter().map(|change| desk.send(change))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().filter(|result| result.is_err()).all(|result| matches!(result, Err(StoreError::Stale))));
    assert_eq!((desk.count("name").await, desk.count("event").await), (1, 2));
}

#[tokio::test]
async fn a_stale_change_is_refused_and_so_is_one_of_what_is_gone() {
    let desk = Desk::new().await;
    let gateway: Resource<Gateway> = desk.make(switchtower_tests::estate::gateway("edge")).await;
    let edit = |from: &Resource<Gateway>, name: &str| from.clone().replace(gateway_input(name), &desk.stamp()).unwrap();
    desk.send(&edit(&gateway, "edge")).await.unwrap();
    assert!(matches!(desk.send(&edit(&gateway, "edge")).await, Err(StoreError::Stale)));
    assert!(matches!(desk.send(&gateway.clone().delete().unwrap()).await, Err(StoreError::Stale)));
    let now: Resource<Gateway> = desk.world.store.get(desk.tenant, gateway.id).await.unwrap().unwrap();
    desk.send(&now.clone().delete().unwrap()).await.unwrap();
    assert!(matches!(desk.send(&edit(&now, "other")).await, Err(StoreError::Stale)));
    assert!(matches!(desk.send(&now.clone().delete().unwrap()).await, Err(StoreError::Stale)));
    assert_eq!((desk.count("gateway").await, desk.count("name").await), (0, 0));
}

#[tokio::test]
async fn a_new_name_frees_the_old_one() {
    let desk = Desk::new().await;
    let cluster: Resource<Cluster> = desk.make(serde_json::json!({ "name": "berlin" })).await;
    desk.send(&cluster.replace(cluster_input("paris"), &desk.stamp()).unwrap()).await.unwrap();
    desk.send(&desk.cluster("berlin")).await.unwrap();
    assert!(matches!(desk.send(&desk.cluster("paris")).await, Err(StoreError::NameTaken { .. })));
}

#[tokio::test]
async fn a_new_name_that_is_taken_changes_nothing() {
    let desk = Desk::new().await;
    let cluster: Resource<Cluster> = desk.make(serde_json::json!({ "name": "berlin" })).await;
    desk.send(&desk.cluster("paris")).await.unwrap();
    let renamed = cluster.clone().replace(cluster_input("paris"), &desk.stamp()).unwrap();
    assert!(matches!(desk.send(&renamed).await, Err(StoreError::NameTaken { .. })));
    let found: Resource<Cluster> = desk.world.store.get(desk.tenant, cluster.id).await.unwrap().unwrap();
    assert_eq!(found, cluster);
}

#[tokio::test]
async fn a_condition_on_another_resource_is_part_of_the_transaction() {
    let desk = Desk::new().await;
    let cluster: Resource<Cluster> = desk.make(serde_json::json!({ "name": "berlin" })).await;
    desk.send(&cluster.clone().maintenance(&desk.stamp()).unwrap()).await.unwrap();
    let context = desk.context();
    let stale = Commit::new(&desk.granted, &context).change(&desk.gateway("edge")).unchanged(&cluster);
    assert!(matches!(stale.send(&desk.world.store).await, Err(StoreError::Stale)));
    assert_eq!(desk.count("gateway").await, 0);
}

#[tokio::test]
async fn a_proof_for_one_tenant_changes_nothing_of_another() {
    let desk = Desk::new().await;
    let other = system(desk.context().id());
    let change = desk.cluster("berlin");
    let sent = Commit::new(&other, &desk.context()).change(&change).send(&desk.world.store).await;
    assert!(matches!(sent, Err(StoreError::Corrupt { .. })));
    assert!(desk.world.rows().await.is_empty());
}

#[tokio::test]
async fn bumps_at_the_same_time_are_all_counted() {
    let desk = Desk::new().await;
    let cluster: Resource<Cluster> = desk.make(serde_json::json!({ "name": "berlin" })).await;
    let bump = || async {
        // Transactions on one row at the same time refuse each other, and are sent again by whoever decides anew.
        for _ in 0..50 {
            let context = desk.context();
            let commit = Commit::new(&desk.granted, &context).bump_desired_version(cluster.id);
            match commit.send(&desk.world.store).await {
                Err(StoreError::Stale) => {}
                settled => return settled.unwrap(),
            }
        }
        panic!("the row is never free");
    };
    join_all((0..10).map(|_| bump())).await;
    assert_eq!(desk.world.store.desired_version(cluster.id).await.unwrap(), 10);
}

#[tokio::test]
async fn more_rows_than_a_transaction_holds_are_refused_before_they_are_sent() {
    let desk = Desk::new().await;
    let context = desk.context();
    let commit = (0..101).fold(Commit::new(&desk.granted, &context), |commit, number| {
        commit.event(format!("subject-{number}"), &EventDraft::new("cluster.updated"))
    });
    desk.world.calls.take();
    assert!(matches!(commit.send(&desk.world.store).await, Err(StoreError::TooLarge { .. })));
    assert!(desk.world.calls.take().is_empty());
}
