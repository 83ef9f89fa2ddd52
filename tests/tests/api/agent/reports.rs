//! `/v1/agent/reports`

use serde_json::{Value, json};
use switchtower_tests::{Answer, Client, Estate, World};

async fn report(agent: &Client<'_>, estate: &Estate, generation: u64, outcome: &str) -> Answer {
    let report = json!({ "deployment_id": estate.id("deployments"), "generation": generation, "outcome": outcome });
    agent.post("/v1/agent/reports", report).await
}

async fn deployment(world: &World, estate: &Estate) -> Value {
    world.owner(&estate.account).get(&estate.path("/v1/operator/deployments/{id}")).await.ok(200).body
}

#[tokio::test]
async fn a_deployment_is_ready_after_a_report_and_not_before() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    assert_eq!(deployment(&world, &estate).await["status"], "pending");
    assert_eq!(report(&agent, &estate, 1, "applying").await.ok(200)["status"], "applying");
    assert_eq!(report(&agent, &estate, 1, "applied").await.ok(200)["status"], "ready");
    let now = deployment(&world, &estate).await;
    assert_eq!((&now["status"], &now["observed_generation"]), (&json!("ready"), &json!(1)));
    assert!(now["reported_at"].is_string());
}

#[tokio::test]
async fn a_report_that_is_repeated_changes_nothing() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    report(&agent, &estate, 1, "applied").await.ok(200);
    let before = deployment(&world, &estate).await;
    assert_eq!(report(&agent, &estate, 1, "applied").await.ok(200)["status"], "ready");
    assert_eq!(report(&agent, &estate, 1, "applying").await.ok(200)["status"], "ready");
    assert_eq!(deployment(&world, &estate).await, before);
}

#[tokio::test]
async fn an_older_generation_never_overwrites_a_newer_one() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    owner.act(&estate.path("/v1/provider/product-publishes/{id}/withdraw")).await.ok(200);
    owner.act(&estate.path("/v1/provider/product-publishes/{id}/publish")).await.ok(200);
    for late in [1, 2] {
        let receipt = report(&agent, &estate, late, "applied").await.ok(200);
        assert_eq!((&receipt["generation"], &receipt["status"]), (&json!(3), &json!("pending")));
    }
    assert_eq!(deployment(&world, &estate).await["status"], "pending");
    assert_eq!(report(&agent, &estate, 3, "applied").await.ok(200)["status"], "ready");
    assert_eq!(report(&agent, &estate, 1, "failed").await.ok(200)["status"], "ready");
}

#[tokio::test]
async fn a_generation_that_does_not_exist_is_not_reported_on() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    let answer = report(&agent, &estate, 9, "applied").await;
    assert!(!answer.status.is_server_error(), "{:#}", answer.body);
    let now = deployment(&world, &estate).await;
    assert_eq!((&now["status"], &now["generation"]), (&json!("pending"), &json!(1)));
}

#[tokio::test]
async fn what_is_withdrawn_ends_as_removed_and_runs_again_when_published() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let publish = estate.path("/v1/provider/product-publishes/{id}");
    report(&agent, &estate, 1, "applied").await.ok(200);
    owner.act(&format!("{publish}/withdraw")).await.ok(200);
    assert_eq!(deployment(&world, &estate).await["status"], "removing");
    owner.delete(&publish).await.problem(409, "wrong_state");
    assert_eq!(report(&agent, &estate, 2, "applied").await.ok(200)["status"], "removed");
    owner.act(&format!("{publish}/publish")).await.ok(200);
    assert_eq!(deployment(&world, &estate).await["generation"], 3);
    assert_eq!(report(&agent, &estate, 3, "applied").await.ok(200)["status"], "ready");
}

#[tokio::test]
async fn reports_have_limits() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    for bad in ["soon", "", "ready"] {
        report(&agent, &estate, 1, bad).await.problem(400, "invalid_body");
    }
    let object = json!({ "kind": "HTTPRoute", "namespace": "x", "name": "y", "outcome": "applied" });
    let many = json!({
        "deployment_id": estate.id("deployments"), "generation": 1, "outcome": "applied",
        "objects": vec![object; 2001],
    });
    agent.post("/v1/agent/reports", many).await.problem(400, "invalid_body");
}
