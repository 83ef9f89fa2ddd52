//! `/v1/operator/deployments`, which `/v1/provider/deployments` is like.

use jiff::SignedDuration;
use serde_json::json;
use switchtower_tests::{Estate, World, estate};

#[tokio::test]
async fn operators_and_providers_see_the_same_deployment() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let mut seen = Vec::new();
    for persona in ["operator", "provider"] {
        let all = format!("/v1/{persona}/deployments");
        let listed = owner.get(&all).await.ok(200);
        let got = owner.get(&format!("{all}/{}", estate.id("deployments"))).await.ok(200);
        assert_eq!(listed.items(), &[got.body.clone()]);
        let by_cluster = owner.get(&format!("{all}?cluster_id={}", estate.id("clusters"))).await.ok(200);
        assert_eq!(by_cluster.items(), listed.items());
        seen.push(got.body);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!((&seen[0]["status"], &seen[0]["generation"]), (&json!("pending"), &json!(1)));
    assert_eq!(seen[0]["stale"], false);
}

#[tokio::test]
async fn an_unknown_cluster_has_no_deployments() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let unknown = "cluster_id=clu_01k2m5z8h3v9q4x7n6p0r2s1t5";
    owner.get(&format!("/v1/operator/deployments?{unknown}")).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_history_of_generations_tells_who_what_and_why() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let publish = estate.path("/v1/provider/product-publishes/{id}");
    owner.post(&format!("{publish}/withdraw"), json!({ "reason": "an incident" })).await.ok(200);
    owner.post(&format!("{publish}/publish"), json!({ "reason": "it is over" })).await.ok(200);
    let path = estate.path("/v1/operator/deployments/{id}/generations");
    let listed = owner.get(&path).await.ok(200);
    let told: Vec<_> = listed.items().iter().map(|row| (&row["generation"], &row["desired"], &row["reason"])).collect();
    assert_eq!(
        told,
        [
            (&json!(3), &json!("present"), &json!("it is over")),
            (&json!(2), &json!("absent"), &json!("an incident")),
            (&json!(1), &json!("present"), &json!(null)),
        ]
    );
    let first = owner.get(&format!("{path}?limit=2")).await.ok(200);
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(owner.get(&format!("{path}?limit=2&cursor={next}")).await.ok(200).items().len(), 1);
}

#[tokio::test]
async fn what_a_cluster_that_is_gone_never_removed_is_abandoned_and_then_all_of_it_is_deleted() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let (publish, cluster) =
        (estate.path("/v1/provider/product-publishes/{id}"), estate.path("/v1/operator/clusters/{id}"));
    let deployment = estate.path("/v1/operator/deployments/{id}");
    let abandon = format!("{deployment}/abandon");
    owner.act(&abandon).await.problem(409, "wrong_state");
    owner.act(&format!("{publish}/withdraw")).await.ok(200);
    let refused = owner.act(&abandon).await.problem(409, "wrong_state");
    assert_eq!(refused["current_state"], "active");
    assert!(refused["detail"].as_str().unwrap().contains("revoke those that are gone for good"), "{refused:?}");

    world.clock.advance(SignedDuration::from_secs(400));
    world.control.fleet_watch(&world.context()).await.unwrap();
    owner.delete(&publish).await.problem(409, "wrong_state");
    owner.delete(&cluster).await.problem(409, "in_use");
    owner.post(&abandon, json!({ "reason": "x".repeat(501) })).await.problem(400, "invalid_body");
    let abandoned = owner.post(&abandon, json!({ "reason": "it burnt down" })).await.ok(200);
    assert_eq!((&abandoned["status"], &abandoned["stale"]), (&json!("removed"), &json!(false)));
    assert!(abandoned["abandoned_at"].is_string());
    let again = owner.act(&abandon).await.problem(409, "wrong_state");
    assert_eq!(again["current_state"], "removed");
    let events = owner.get(&format!("/v1/admin/events?subject={}", estate.id("deployments"))).await.ok(200);
    let event = events.items().iter().find(|event| event["type"] == "deployment.abandoned").unwrap();
    assert_eq!((&event["data"]["reason"], &event["data"]["was"]), (&json!("it burnt down"), &json!("removing")));

    owner.act(&estate.path("/v1/customer/subscriptions/{id}/cancel")).await.ok(200);
    owner.delete(&publish).await.ok(204);
    owner.delete(&cluster).await.ok(204);
    assert_eq!(owner.get(&deployment).await.ok(200)["status"], "removed");
}

#[tokio::test]
async fn an_agent_that_comes_back_removes_what_was_abandoned_and_tells() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let deployment = estate.path("/v1/operator/deployments/{id}");
    owner.act(&estate.path("/v1/provider/product-publishes/{id}/withdraw")).await.ok(200);
    world.clock.advance(SignedDuration::from_secs(400));
    world.control.fleet_watch(&world.context()).await.unwrap();
    owner.act(&format!("{deployment}/abandon")).await.ok(200);

    agent.post("/v1/agent/heartbeats", json!({ "version": "0.1.0", "applied_version": 1 })).await.ok(200);
    let listed = agent.get("/v1/agent/deployments").await.ok(200);
    let item = &listed.items()[0];
    assert_eq!((&item["desired"], &item["settled"]), (&json!("absent"), &json!(false)));
    for outcome in ["applying", "failed", "applied"] {
        let report = json!({ "deployment_id": estate.id("deployments"), "generation": 2, "outcome": outcome });
        assert_eq!(agent.post("/v1/agent/reports", report).await.ok(200)["status"], "removed", "{outcome}");
    }
    let told = owner.get(&deployment).await.ok(200);
    assert_eq!((&told["status"], &told["abandoned_at"]), (&json!("removed"), &json!(null)));
    assert!(agent.get("/v1/agent/deployments").await.ok(200).items().is_empty());
}

#[tokio::test]
async fn what_waits_for_a_first_agent_is_abandoned_as_well() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let cluster = owner.post("/v1/operator/clusters", json!({ "name": "paris" })).await.ok(201).id();
    let input = estate::publish("shop-paris", estate.id("products"), estate.id("gateways"), &cluster);
    let publish = owner.post("/v1/provider/product-publishes", input).await.ok(201).id();
    let publish = format!("/v1/provider/product-publishes/{publish}");
    let published = owner.act(&format!("{publish}/publish")).await.ok(200);
    owner.act(&format!("{publish}/withdraw")).await.ok(200);
    let deployment = published["deployment_id"].as_str().unwrap();
    owner.act(&format!("/v1/operator/deployments/{deployment}/abandon")).await.ok(200);
    owner.delete(&publish).await.ok(204);
    owner.delete(&format!("/v1/operator/clusters/{cluster}")).await.ok(204);
}
