//! Lists and their cursors.

use std::collections::BTreeSet;

use serde_json::json;
use switchtower_domain::{cluster::Cluster, gateway::Gateway, product_publish::ProductPublish, resource::Resource};
use switchtower_store::{CursorKey, Listed, Page, StoreError};

use crate::support::Desk;

async fn with_clusters(count: usize) -> Desk {
    let desk = Desk::new().await;
    for number in 0..count {
        desk.make::<Cluster>(json!({ "name": format!("cluster-{number}") })).await;
    }
    desk
}

#[tokio::test]
async fn pages_of_any_size_show_everything_once() {
    let desk = with_clusters(7).await;
    for limit in 1..=8 {
        let (mut seen, mut page) = (Vec::new(), desk.page(limit));
        loop {
            let listed: Listed<Resource<Cluster>> = desk.world.store.list(desk.tenant, &page).await.unwrap();
            seen.extend(listed.items.iter().map(|cluster| cluster.name.to_string()));
            match listed.next_cursor {
                Some(next) => page.cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen.len(), 7, "with pages of {limit}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 7);
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_tenant_and_key() {
    let desk = with_clusters(2).await;
    let store = &desk.world.store;
    let listed: Listed<Resource<Cluster>> = store.list(desk.tenant, &desk.page(1)).await.unwrap();
    let page = Page { cursor: listed.next_cursor, ..desk.page(1) };
    let refused = |result: Result<(), StoreError>| assert!(matches!(result, Err(StoreError::BadCursor)));
    refused(store.list::<Gateway>(desk.tenant, &page).await.map(drop));
    refused(store.list::<Cluster>(desk.context().id(), &page).await.map(drop));
    refused(store.list_group::<ProductPublish>(desk.tenant, "x", &page).await.map(drop));
    refused(store.list_cluster_deployments(desk.context().id(), &page).await.map(drop));
    refused(store.list::<Cluster>(desk.tenant, &Page { key: CursorKey::new([8; 32]), ..page.clone() }).await.map(drop));
    store.list::<Cluster>(desk.tenant, &page).await.unwrap();
}

#[tokio::test]
async fn a_list_shows_its_own_tenant_and_kind() {
    let desk = with_clusters(2).await;
    desk.send(&desk.gateway("edge")).await.unwrap();
    let store = &desk.world.store;
    assert_eq!(store.list::<Cluster>(desk.tenant, &desk.page(100)).await.unwrap().items.len(), 2);
    assert_eq!(store.list::<Gateway>(desk.tenant, &desk.page(100)).await.unwrap().items.len(), 1);
    assert!(store.list::<Cluster>(desk.context().id(), &desk.page(100)).await.unwrap().items.is_empty());
}
