//! `/v1/admin/events`

use jiff::SignedDuration;
use serde_json::{Value, json};
use switchtower_domain::role::Role;
use switchtower_tests::{Client, World};

const EVENTS: &str = "/v1/admin/events";
const CLUSTERS: &str = "/v1/operator/clusters";

/// All events of a list, page by page, and how many pages there were.
async fn all(client: &Client<'_>, query: &str) -> (Vec<Value>, usize) {
    let (mut events, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = client.get(&format!("{EVENTS}?{query}{cursor}")).await.ok(200);
        events.extend(page.items().iter().cloned());
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (events, pages),
        }
        assert!(pages < 300, "the list has no end");
    }
}

fn subjects(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["subject"].as_str()).collect()
}

#[tokio::test]
async fn the_log_is_listed_newest_first_whatever_the_size_of_a_page() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let mut made = Vec::new();
    for number in 0..7 {
        // Three days, with several events each.
        made.insert(0, owner.post(CLUSTERS, json!({ "name": format!("c-{number}") })).await.ok(201).id());
        world.clock.advance(SignedDuration::from_hours(9));
    }
    for limit in [1, 2, 3, 7, 100] {
        let (events, _) = all(&owner, &format!("limit={limit}")).await;
        assert_eq!(subjects(&events), made, "limit={limit}");
    }
}

#[tokio::test]
async fn a_page_costs_no_more_than_three_calls() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    world.calls.take();
    assert_eq!(owner.get(EVENTS).await.ok(200).items().len(), 1);
    assert!(world.calls.take().len() <= 3);
}

#[tokio::test]
async fn filters_hold_at_once() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let owner = world.owner(&acme);
    let berlin = owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    let between = world.clock.now();
    world.clock.advance(SignedDuration::from_secs(60));
    let key = world.api_key(&acme, &[Role::Operator], None).await;
    let program = world.anyone().with("x-api-key", &key.secret);
    program.act(&format!("{CLUSTERS}/{}/maintenance", berlin.id())).await.ok(200);
    program.post(CLUSTERS, json!({ "name": "paris" })).await.ok(201);

    let (events, _) = all(&owner, &format!("subject={}", berlin.id())).await;
    assert_eq!(events.len(), 2);
    let (events, _) = all(&owner, &format!("subject={}&limit=1", berlin.id())).await;
    assert_eq!(events.len(), 2);
    let (events, _) = all(&owner, "type=cluster.created&limit=1").await;
    assert_eq!(events.len(), 2);
    let (events, _) = all(&owner, &format!("type=cluster.created&actor=api_key:{}", key.id)).await;
    assert_eq!(events.len(), 1);
    let later = between + SignedDuration::from_secs(1);
    let (events, _) = all(&owner, &format!("type=cluster.created&to={later}")).await;
    assert_eq!(subjects(&events), [berlin.id()]);
    let (events, _) = all(&owner, &format!("type=cluster.created&from={later}")).await;
    assert_eq!((events.len(), events[0]["subject"] == berlin.id()), (1, false));
}

#[tokio::test]
async fn what_is_older_than_a_week_must_be_asked_for() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    owner.post(CLUSTERS, json!({ "name": "berlin" })).await.ok(201);
    let from = world.clock.now() - SignedDuration::from_hours(1);
    world.clock.advance(SignedDuration::from_hours(24 * 30));
    let (events, pages) = all(&owner, "limit=50").await;
    assert!(events.is_empty() && pages <= 5, "{pages}");
    let (events, _) = all(&owner, &format!("from={from}")).await;
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn a_cursor_is_for_its_own_list_and_tenant() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for name in ["berlin", "paris"] {
        owner.post(CLUSTERS, json!({ "name": name })).await.ok(201);
    }
    let page = owner.get(&format!("{EVENTS}?limit=1")).await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    owner.get(&format!("{EVENTS}?limit=1&type=cluster.created&cursor={cursor}")).await.problem(400, "invalid_cursor");
    owner.get(&format!("{CLUSTERS}?cursor={cursor}")).await.problem(400, "invalid_cursor");
    let stranger = world.owner(&world.tenant("bolt").await);
    stranger.get(&format!("{EVENTS}?limit=1&cursor={cursor}")).await.problem(400, "invalid_cursor");
    assert!(stranger.get(EVENTS).await.ok(200).items().is_empty());
}

#[tokio::test]
async fn filters_that_cannot_be_are_refused() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for query in [
        "actor=ann",
        "subject=",
        "subject=Clu%20x",
        "type=Cluster",
        "from=yesterday",
        "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "limit=0",
        "colour=red",
    ] {
        owner.get(&format!("{EVENTS}?{query}")).await.problem(400, "invalid_query");
    }
}
