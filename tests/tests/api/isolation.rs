//! Tenant B is blind to tenant A, on every operation of the OpenAPI document.

use http::Method;
use serde_json::{Value, json};
use switchtower_tests::{Client, Estate, World, catalogue};

/// Everything that a tenant sees of itself, by the path that it was read at.
async fn seen(owner: &Client<'_>, estate: &Estate) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for operation in catalogue::all() {
        let own = operation.path.starts_with("/v1/operator/") || operation.path.starts_with("/v1/provider/");
        if own && operation.method == Method::GET {
            let path = estate.path(&operation.path);
            let answer = owner.get(&path).await.ok(200);
            all.push((path, answer.body));
        }
    }
    all
}

#[tokio::test]
async fn another_tenant_s_ids_are_answered_404_everywhere() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let stranger = world.owner(&world.tenant("other").await);
    let owner = world.owner(&estate.account);
    let before = seen(&owner, &estate).await;
    for operation in catalogue::all().iter().filter(|operation| operation.path.contains('{')) {
        // Tenants are the system's own, and agents' endpoints are tried below.
        if operation.path.starts_with("/v1/admin/tenants") || operation.path.starts_with("/v1/agent/") {
            continue;
        }
        let answer = estate.call(&stranger, operation).await;
        assert_eq!(answer.status, 404, "{} shows or tells of another tenant's: {:#}", operation.id, answer.body);
        answer.problem(404, "not_found");
    }
    assert_eq!(seen(&owner, &estate).await, before, "another tenant has changed something");
}

#[tokio::test]
async fn lists_show_nothing_of_other_tenants() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let other = world.tenant("other").await;
    let stranger = world.owner(&other);
    let lists = catalogue::all().iter().filter(|operation| operation.id.ends_with("_list"));
    for operation in
        lists.filter(|operation| ["{", "/agent/", "/public/"].iter().all(|part| !operation.path.contains(part)))
    {
        if operation.id == "tenant_list" {
            stranger.get(&operation.path).await.problem(403, "permission_denied");
            continue;
        }
        let answer = stranger.get(&operation.path).await.ok(200);
        for item in answer.items() {
            assert_eq!(item["tenant_id"], json!(other.id), "{}", operation.id);
        }
    }
    for filtered in [
        "/v1/operator/agents",
        "/v1/operator/deployments",
        "/v1/provider/deployments",
        "/v1/provider/product-publishes",
    ] {
        let answer = stranger.get(&format!("{filtered}?cluster_id={}", estate.id("clusters"))).await;
        let blind = answer.status == 404 || (answer.status == 200 && answer.items().is_empty());
        assert!(blind, "{filtered}: {:#}", answer.body);
    }
    let events = stranger.get(&format!("/v1/admin/events?subject={}", estate.id("clusters"))).await.ok(200);
    assert!(events.items().is_empty());
}

#[tokio::test]
async fn ids_of_another_tenant_in_bodies_do_not_exist() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let stranger = world.owner(&world.tenant("other").await);
    let product = json!({ "name": "stolen", "api_services": [estate.id("api-services")] });
    let answer = stranger.post("/v1/provider/products", product).await.problem(400, "invalid_body");
    assert_eq!(answer.bad_fields(), ["/api_services/0 not_found"]);
    let ids = ["products", "gateways", "clusters"].map(|kind| estate.id(kind));
    let publish = switchtower_tests::estate::publish("stolen", ids[0], ids[1], ids[2]);
    let answer = stranger.post("/v1/provider/product-publishes", publish).await.problem(400, "invalid_body");
    assert_eq!(answer.bad_fields(), ["/cluster_id not_found", "/gateway_id not_found", "/product_id not_found"]);
}

#[tokio::test]
async fn an_agent_is_blind_to_other_clusters() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let other = Estate::new(&world, "other").await;
    let agent = other.agent.client(&world);
    let listed = agent.get("/v1/agent/deployments").await.ok(200);
    for item in listed.items() {
        assert_ne!(item["deployment_id"], json!(estate.id("deployments")));
    }
    let operations = catalogue::all().iter().filter(|operation| operation.path.starts_with("/v1/agent/deployments/{"));
    for operation in operations {
        estate.call(&agent, operation).await.problem(404, "not_found");
    }
    let report = json!({ "deployment_id": estate.id("deployments"), "generation": 1, "outcome": "applied" });
    agent.post("/v1/agent/reports", report).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_same_name_is_free_in_every_tenant() {
    let world = World::new().await;
    for slug in ["acme", "other"] {
        let owner = world.owner(&world.tenant(slug).await);
        owner.post("/v1/operator/clusters", json!({ "name": "berlin" })).await.ok(201);
    }
}

#[tokio::test]
async fn a_cursor_of_another_tenant_is_refused() {
    let world = World::new().await;
    let (acme, other) = (world.tenant("acme").await, world.tenant("other").await);
    for account in [&acme, &other] {
        for name in ["berlin", "paris"] {
            world.owner(account).post("/v1/operator/clusters", json!({ "name": name })).await.ok(201);
        }
    }
    let page = world.owner(&acme).get("/v1/operator/clusters?limit=1").await.ok(200);
    let next = format!("/v1/operator/clusters?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    world.owner(&acme).get(&next).await.ok(200);
    world.owner(&other).get(&next).await.problem(400, "invalid_cursor");
}
