//! `/v1/provider/policies`

use serde_json::{Value, json};
use switchtower_tests::{Estate, World, estate};

const POLICIES: &str = "/v1/provider/policies";

fn scoped(name: &str, scope: &Value) -> Value {
    let mut policy = estate::policy(name);
    json_patch(&mut policy, scope);
    policy
}

fn json_patch(policy: &mut Value, more: &Value) {
    let fields = more.as_object().unwrap().clone();
    policy.as_object_mut().unwrap().extend(fields);
}

#[tokio::test]
async fn a_change_of_scope_tells_how_many_routes_are_touched() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let (service, route) = (estate.id("api-services"), estate.id("routes"));
    let more = estate::route("more", estate.id("backends"));
    owner.post(&estate.path("/v1/provider/api-services/{id}/routes"), more).await.ok(201);
    let scope = json!({ "scope": "route", "api_service_id": service, "route_id": route });
    let made = owner.post(POLICIES, scoped("narrow", &scope)).await.ok(201);
    assert_eq!((&made["touched_routes"], &made["type"]), (&json!(1), &json!("rate_limit")));
    let path = format!("{POLICIES}/{}", made.id());
    let wider = owner.patch(&path, json!({ "scope": "service", "route_id": null })).await.ok(200);
    assert_eq!(wider["touched_routes"], 2);
    let widest = owner.put(&path, estate::policy("narrow")).await.ok(200);
    assert_eq!((&widest["touched_routes"], &widest["scope"]), (&json!(2), &json!("global")));
    assert_eq!(owner.get(&path).await.ok(200)["touched_routes"], 2);
}

#[tokio::test]
async fn a_scope_that_does_not_exist_is_told_at_its_field() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let (service, gone) = (estate.id("api-services"), "rte_01k2m5z8h3v9q4x7n6p0r2s1t5");
    for (scope, field) in [
        (json!({ "scope": "route", "api_service_id": service, "route_id": gone }), "/route_id not_found"),
        (
            json!({ "scope": "service", "api_service_id": "api_01k2m5z8h3v9q4x7n6p0r2s1t5" }),
            "/api_service_id not_found",
        ),
        (json!({ "scope": "service" }), "/api_service_id required"),
        (json!({ "scope": "global", "api_service_id": service }), "/api_service_id not_applicable"),
    ] {
        let refused = owner.post(POLICIES, scoped("lost", &scope)).await;
        assert_eq!(refused.problem(400, "invalid_body").bad_fields(), [field]);
    }
}

#[tokio::test]
async fn every_type_of_policy_is_kept_as_it_was_sent() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    for (name, spec) in [
        ("rate", json!({ "rate_limit": { "requests": 5, "unit": "minute", "burst": 9 } })),
        ("cors", json!({ "cors": { "allow_origins": ["https://app.example.com"], "allow_credentials": true } })),
        ("retry", json!({ "retry": { "attempts": 2, "retry_on": ["5xx"], "per_try_timeout_ms": 100 } })),
        ("breaker", json!({ "circuit_breaker": { "max_connections": 10 } })),
        ("slow", json!({ "timeout": { "request_ms": 500, "connect_ms": 50 } })),
        ("header", json!({ "header_modifier": { "response": { "remove": ["server"] } } })),
        ("rewrite", json!({ "url_rewrite": { "path": { "type": "replace_prefix", "value": "/v2" } } })),
    ] {
        let mut policy = estate::policy(name);
        policy["spec"] = spec.clone();
        let made = owner.post(POLICIES, policy).await.ok(201);
        assert_eq!(made["spec"], spec, "{name}");
        assert_eq!(made["type"].as_str(), spec.as_object().unwrap().keys().next().map(String::as_str));
    }
    let mut two = estate::policy("two");
    two["spec"]["retry"] = json!({ "attempts": 1 });
    owner.post(POLICIES, two).await.problem(400, "invalid_body");
    let mut unknown = estate::policy("unknown");
    unknown["spec"] = json!({ "jwt_auth": {} });
    owner.post(POLICIES, unknown).await.problem(400, "invalid_body");
}

#[tokio::test]
async fn an_api_service_with_a_policy_is_not_deleted_and_policies_are_listed_by_it() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let service = owner.post("/v1/provider/api-services", json!({ "name": "payments" })).await.ok(201).id();
    let scope = json!({ "scope": "service", "api_service_id": service });
    let policy = owner.post(POLICIES, scoped("own", &scope)).await.ok(201).id();
    let listed = owner.get(&format!("{POLICIES}?api_service_id={service}")).await.ok(200);
    assert_eq!(listed.items().len(), 1);
    owner.delete(&format!("/v1/provider/api-services/{service}")).await.problem(409, "in_use");
    owner.delete(&format!("{POLICIES}/{policy}")).await.ok(204);
    owner.delete(&format!("/v1/provider/api-services/{service}")).await.ok(204);
}

#[tokio::test]
async fn a_policy_reaches_the_cluster_with_the_next_publish_and_a_disabled_one_does_not() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let scope = json!({ "scope": "service", "api_service_id": estate.id("api-services") });
    let policy = owner.post(POLICIES, scoped("own", &scope)).await.ok(201).id();
    let publish = estate.path("/v1/provider/product-publishes/{id}/publish");
    owner.act(&publish).await.ok(200);
    let desired = estate.path("/v1/agent/deployments/{id}");
    let names = |body: &Value| -> Vec<Value> {
        let policies = body["snapshot"]["policies"].as_array().cloned().unwrap_or_default();
        policies.iter().map(|policy| policy["name"].clone()).collect()
    };
    // The estate has a global one besides.
    assert_eq!(names(&agent.get(&desired).await.ok(200).body), ["limit", "own"]);
    owner.patch(&format!("{POLICIES}/{policy}"), json!({ "enabled": false })).await.ok(200);
    owner.act(&publish).await.ok(200);
    assert_eq!(names(&agent.get(&desired).await.ok(200).body), ["limit"]);
}

#[tokio::test]
async fn a_policy_about_a_route_that_is_gone_is_in_the_way_of_publishing() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let routes = estate.path("/v1/provider/api-services/{id}/routes");
    let route = owner.post(&routes, estate::route("short-lived", estate.id("backends"))).await.ok(201).id();
    let scope = json!({ "scope": "route", "api_service_id": estate.id("api-services"), "route_id": route });
    let made = owner.post(POLICIES, scoped("lost", &scope)).await.ok(201);
    owner.delete(&format!("{routes}/{route}")).await.ok(204);
    let publish = estate.path("/v1/provider/product-publishes/{id}/publish");
    let refused = owner.act(&publish).await.problem(409, "not_publishable").bad_fields();
    assert_eq!(refused, [format!("/policy/{}/route_id unknown_route", made.id())]);
    assert_eq!(owner.get(&format!("{POLICIES}/{}", made.id())).await.ok(200)["touched_routes"], 0);
    owner.patch(&format!("{POLICIES}/{}", made.id()), json!({ "enabled": false })).await.problem(400, "invalid_body");
    owner.delete(&format!("{POLICIES}/{}", made.id())).await.ok(204);
    owner.act(&publish).await.ok(200);
}
