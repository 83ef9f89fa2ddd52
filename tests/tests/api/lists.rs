//! Lists, their pages and their cursors.

use std::collections::BTreeSet;

use serde_json::json;
use switchtower_tests::{Client, World};

const CLUSTERS: &str = "/v1/operator/clusters";

async fn with_clusters(owner: &Client<'_>, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(owner.post(CLUSTERS, json!({ "name": format!("cluster-{number}") })).await.ok(201).id());
    }
    ids
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let answer = owner.get(CLUSTERS).await.ok(200);
    assert_eq!(answer.body, json!({ "items": [], "next_cursor": null }));
}

#[tokio::test]
async fn pages_show_everything_once_and_oldest_first() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let mut made = with_clusters(&owner, 7).await;
    for limit in [1, 2, 3, 7, 100] {
        let (mut seen, mut path) = (Vec::new(), format!("{CLUSTERS}?limit={limit}"));
        loop {
            let page = owner.get(&path).await.ok(200);
            assert!(page.items().len() <= limit);
            seen.extend(page.items().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => path = format!("{CLUSTERS}?limit={limit}&cursor={next}"),
                None => break,
            }
        }
        made.sort();
        assert_eq!(seen, made, "with pages of {limit}");
    }
}

#[tokio::test]
async fn a_page_that_is_just_full_is_the_last_one() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    with_clusters(&owner, 3).await;
    let page = owner.get(&format!("{CLUSTERS}?limit=3")).await.ok(200);
    assert_eq!(page["next_cursor"], json!(null));
}

#[tokio::test]
async fn what_is_deleted_between_pages_does_not_break_them() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for name in ["a1", "a2", "a3", "a4"] {
        owner.post("/v1/provider/products", json!({ "name": name })).await.ok(201);
    }
    let first = owner.get("/v1/provider/products?limit=2").await.ok(200);
    for item in first.items() {
        owner.delete(&format!("/v1/provider/products/{}", item["id"].as_str().unwrap())).await.ok(204);
    }
    let next = first["next_cursor"].as_str().unwrap();
    let second = owner.get(&format!("/v1/provider/products?limit=2&cursor={next}")).await.ok(200);
    let names: BTreeSet<_> = second.items().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(second.items().len(), 2);
    assert!(first.items().iter().all(|item| !names.contains(item["name"].as_str().unwrap())));
}

#[tokio::test]
async fn a_forged_cursor_is_refused() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    with_clusters(&owner, 3).await;
    let page = owner.get(&format!("{CLUSTERS}?limit=1")).await.ok(200);
    let good = page["next_cursor"].as_str().unwrap().to_owned();
    let mut changed = good.clone().into_bytes();
    let last = changed.len() - 2;
    changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for bad in ["", "x", "AAAA", "%00", "e30", &changed, &good[1..], &format!("{good}AAAA"), &"A".repeat(5000)] {
        owner.get(&format!("{CLUSTERS}?limit=1&cursor={bad}")).await.problem(400, "invalid_cursor");
    }
    owner.get(&format!("{CLUSTERS}?limit=2&cursor={good}")).await.ok(200);
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let clusters = with_clusters(&owner, 2).await;
    for _ in 0..2 {
        owner.act(&format!("{CLUSTERS}/{}/registration-tokens", clusters[0])).await.ok(201);
    }
    let page = owner.get(&format!("{CLUSTERS}?limit=1")).await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    for other in ["/v1/provider/products", "/v1/operator/agents", "/v1/admin/api-keys", "/v1/admin/events"] {
        owner.get(&format!("{other}?cursor={cursor}")).await.problem(400, "invalid_cursor");
    }
    let tokens = |cluster: &str| format!("{CLUSTERS}/{cluster}/registration-tokens?limit=1");
    let page = owner.get(&tokens(&clusters[0])).await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    owner.get(&format!("{}&cursor={cursor}", tokens(&clusters[0]))).await.ok(200);
    owner.get(&format!("{}&cursor={cursor}", tokens(&clusters[1]))).await.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn query_parameters_are_checked() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for bad in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1.5",
        "limt=1",
        "limit=1&limit=2",
        "limit=99999999999",
    ] {
        owner.get(&format!("{CLUSTERS}?{bad}")).await.problem(400, "invalid_query");
    }
    for bad in ["cluster_id=x", "cluster_id=agt_01k2m5z8h3v9q4x7n6p0r2s1t5", "cluster_id="] {
        owner.get(&format!("/v1/operator/agents?{bad}")).await.problem(400, "invalid_query");
    }
    owner.get(&format!("{CLUSTERS}?limit=100")).await.ok(200);
}
