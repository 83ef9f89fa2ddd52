//! Who needs whom, also while both change at the same time.

use futures::future::join;
use serde_json::json;
use switchtower_domain::{
    api_service::ApiService,
    product::Product,
    resource::{Reference, Resource},
};
use switchtower_store::{Commit, StoreError};

use crate::support::{AnyProduct, Desk, product_input};

async fn service(desk: &Desk, name: &str) -> Resource<ApiService> {
    desk.make(json!({ "name": name })).await
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_needed() {
    let desk = Desk::new().await;
    let there = service(&desk, "orders").await.id;
    let missing = "api_01k2m5z8h3v9q4x7n6p0r2s1t5";
    let change = desk.creation::<Product>(json!({ "name": "shop", "api_services": [there, missing] }));
    match desk.send(&change).await {
        Err(StoreError::Missing(references)) => {
            assert_eq!(references, [Reference { kind: "api_service".to_owned(), id: missing.to_owned() }]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((desk.count("product").await, desk.count("reference").await), (0, 0));
}

#[tokio::test]
async fn what_is_needed_stays_until_nothing_needs_it() {
    let desk = Desk::new().await;
    let orders = service(&desk, "orders").await;
    let shop: AnyProduct = desk.make(json!({ "name": "shop", "api_services": [orders.id] })).await;
    let bank: AnyProduct = desk.make(json!({ "name": "bank", "api_services": [orders.id] })).await;
    let delete = || async { desk.send(&orders.clone().delete().unwrap()).await };
    assert!(matches!(delete().await, Err(StoreError::InUse)));
    let users = desk.world.store.users_of(orders.id).await.unwrap();
    assert_eq!(users.len(), 2);
    assert!(users.contains(&Reference::to(shop.id)) && users.contains(&Reference::to(bank.id)));
    desk.send(&shop.replace(product_input("shop", &[]), &desk.stamp()).unwrap()).await.unwrap();
    assert!(matches!(delete().await, Err(StoreError::InUse)));
    desk.send(&bank.delete().unwrap()).await.unwrap();
    delete().await.unwrap();
    assert_eq!(desk.count("reference").await, 0);
}

#[tokio::test]
async fn a_user_that_keeps_its_references_counts_once() {
    let desk = Desk::new().await;
    let orders = service(&desk, "orders").await;
    let mut shop: AnyProduct = desk.make(json!({ "name": "shop", "api_services": [orders.id] })).await;
    for _ in 0..3 {
        let change = shop.replace(product_input("shop", &[orders.id.to_string()]), &desk.stamp()).unwrap();
        desk.send(&change).await.unwrap();
        shop = change.after().unwrap().clone();
    }
    desk.send(&shop.delete().unwrap()).await.unwrap();
    desk.send(&orders.delete().unwrap()).await.unwrap();
}

#[tokio::test]
async fn needing_and_deleting_at_the_same_time_leaves_no_dangling_reference() {
    let desk = Desk::new().await;
    for round in 0..10 {
        let orders = service(&desk, &format!("orders-{round}")).await;
        let need = desk.creation::<Product>(json!({ "name": format!("shop-{round}"), "api_services": [orders.id] }));
        let delete = orders.clone().delete().unwrap();
        let (needed, deleted) = join(desk.send(&need), desk.send(&delete)).await;
        let there = desk.world.store.get(desk.tenant, orders.id).await.unwrap().is_some();
        assert!(!(needed.is_ok() && deleted.is_ok()), "both won");
        assert_eq!(there, deleted.is_err());
        if needed.is_ok() {
            assert!(there, "round {round}: a product needs an API service that is gone");
        }
    }
}

#[tokio::test]
async fn what_is_needed_may_have_to_be_unchanged_as_well() {
    let desk = Desk::new().await;
    let orders = service(&desk, "orders").await;
    let context = desk.context();
    let shop = desk.creation::<Product>(json!({ "name": "shop", "api_services": [orders.id] }));
    let first = Commit::new(&desk.granted, &context).change(&shop).unchanged(&orders);
    first.send(&desk.world.store).await.unwrap();
    let bank = desk.creation::<Product>(json!({ "name": "bank", "api_services": [orders.id] }));
    let renamed = orders.clone().replace(serde_json::from_value(json!({ "name": "sales" })).unwrap(), &desk.stamp());
    desk.send(&renamed.unwrap()).await.unwrap();
    let late = Commit::new(&desk.granted, &context).change(&bank).unchanged(&orders);
    assert!(matches!(late.send(&desk.world.store).await, Err(StoreError::Stale)));
    assert_eq!(desk.count("product").await, 1);
}
