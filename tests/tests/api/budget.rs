//! How often DynamoDB is asked: at most 3 times for a read and 4 times for a write, authentication included, warm.
//!
//! Analytics of one publish take 4: the credentials, the publishes, and at the same time their clusters and the rows of
//! usage. Each further publish is one more. A report of usage takes 2, and 2 more for each hour that it tells of.

use http::Method;
use jiff::SignedDuration;
use switchtower_domain::role::Role;
use switchtower_tests::{Estate, World, catalogue, estate};

#[tokio::test]
async fn every_operation_keeps_to_its_budget() {
    let world = World::new().await;
    let mut over = Vec::new();
    let mut estate = Estate::new(&world, "acme").await;
    for operation in catalogue::all() {
        // A change is made to an estate of its own, so that it finds nothing that another one left.
        if operation.method != Method::GET {
            estate = Estate::new(&world, &operation.id.replace('_', "-")).await;
        }
        let caller = match operation.path.as_str() {
            path if path.starts_with("/v1/agent/") => estate.agent.client(&world),
            path if path.starts_with("/v1/admin/tenants") => world.system_admin(),
            _ => {
                let key = world.api_key(&estate.account, &[Role::OrgAdmin], None).await;
                world.anyone().with("x-api-key", &key.secret)
            }
        };
        // What is remembered from then on: the credential's tenant, the system's own row.
        for path in ["/v1/me", "/v1/admin/tenants", "/v1/agent/deployments"] {
            caller.get(path).await;
        }
        world.calls.take();
        let answer = estate.call(&caller, operation).await;
        let calls = world.calls.take();
        assert!(!answer.status.is_server_error(), "{}: {:#}", operation.id, answer.body);
        let most = if operation.method == Method::GET && !operation.id.starts_with("analytics_") { 3 } else { 4 };
        println!("{:40} {} {calls}", operation.id, answer.status.as_u16());
        if calls.len() > most {
            over.push(format!("{} asks {calls}; at most {most} are allowed", operation.id));
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[tokio::test]
async fn publishing_something_new_keeps_to_its_budget() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let route = switchtower_tests::estate::route("another", estate.id("backends"));
    owner.post(&estate.path("/v1/provider/api-services/{id}/routes"), route).await.ok(201);
    let publish = estate.path("/v1/provider/product-publishes/{id}/publish");
    let before = owner.get(&estate.path("/v1/provider/deployments/{id}")).await.ok(200);
    world.calls.take();
    owner.act(&publish).await.ok(200);
    let calls = world.calls.take();
    // Side by side: what is joined, and the tenant's policies. The doorbell is the fifth, where a cluster has its queue.
    assert!(calls.len() <= 4, "{calls}");
    let after = owner.get(&estate.path("/v1/provider/deployments/{id}")).await.ok(200);
    assert_eq!(after["generation"], before["generation"].as_u64().unwrap() + 1);
}

#[tokio::test]
async fn an_hour_of_usage_costs_two_writes_and_a_publish_of_analytics_one_query() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let started = estate::this_hour();
    let hours = (0..10).map(|ago| estate::hour(estate.id("deployments"), started - SignedDuration::from_hours(ago), 1));
    let report = estate::usage("01K2M5Z8H3V9Q4X7N6P0R2S1T5", hours.collect());
    agent.post("/v1/agent/usage", report.clone()).await.ok(200);
    world.calls.take();
    agent.post("/v1/agent/usage", report).await.ok(200);
    let calls = world.calls.take();
    assert_eq!(calls.len(), 2 + 2 * 10, "{calls}");
    owner.get("/v1/provider/analytics/summary").await.ok(200);
    world.calls.take();
    for (path, most) in [
        ("/v1/provider/analytics/timeseries?range=1h".to_owned(), 4),
        ("/v1/provider/analytics/summary?range=30d".to_owned(), 4),
        (format!("/v1/provider/analytics/summary?product_publish_id={}", estate.id("product-publishes")), 4),
        // The product, and its publishes by reference: side by side, but one call more.
        (format!("/v1/provider/analytics/top-consumers?product_id={}", estate.id("products")), 6),
    ] {
        owner.get(&path).await.ok(200);
        let calls = world.calls.take();
        assert_eq!(calls.len(), most, "{path}: {calls}");
    }
}

#[tokio::test]
async fn a_resource_is_read_along_with_the_callers_credentials() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let key = world.api_key(&estate.account, &[Role::OrgAdmin], None).await;
    let by_key = world.anyone().with("x-api-key", &key.secret);
    for caller in [world.owner(&estate.account), by_key] {
        for path in ["/v1/operator/clusters/{id}", "/v1/provider/product-publishes/{id}", "/v1/provider/gateways/{id}"]
        {
            caller.get(&estate.path(path)).await.ok(200);
            world.calls.take();
            caller.get(&estate.path(path)).await.ok(200);
            let calls = world.calls.take();
            assert_eq!(calls.len(), 1, "{path}: {calls}");
        }
    }
}

#[tokio::test]
async fn an_idempotency_key_costs_two_calls_more() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    owner.get("/v1/operator/clusters").await.ok(200);
    world.calls.take();
    let once = owner.with("idempotency-key", "one");
    once.post("/v1/operator/clusters", serde_json::json!({ "name": "berlin" })).await.ok(201);
    let calls = world.calls.take();
    assert_eq!(calls.len(), 4, "{calls}");
    once.post("/v1/operator/clusters", serde_json::json!({ "name": "berlin" })).await.ok(201);
    let calls = world.calls.take();
    assert_eq!(calls.len(), 3, "{calls}");
}
