//! `/v1/agent/queue-credentials`

use serde_json::json;
use switchtower_tests::{Estate, World};

#[tokio::test]
async fn credentials_are_for_the_agent_s_own_queue() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let answer = estate.agent.client(&world).act("/v1/agent/queue-credentials").await.ok(200);
    assert!(answer["queue_url"].as_str().unwrap().ends_with(estate.id("clusters")));
    assert_eq!(answer["access_key_id"], json!(estate.agent.id));
}

#[tokio::test]
async fn a_cluster_without_a_queue_is_told_to_wait() {
    let world = World::new().await;
    let owner = world.tenant("acme").await;
    let client = world.owner(&owner);
    let cluster = client.post("/v1/operator/clusters", json!({ "name": "berlin" })).await.ok(201).id();
    let agent = world.agent(&client, &cluster).await;
    let refused = agent.client(&world).act("/v1/agent/queue-credentials").await;
    refused.problem(409, "cluster_not_provisioned");
    world.provision(&owner, &cluster).await;
    agent.client(&world).act("/v1/agent/queue-credentials").await.ok(200);
}

#[tokio::test]
async fn kept_answers_hold_no_credentials() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world).with("idempotency-key", "one");
    let first = agent.act("/v1/agent/queue-credentials").await.ok(200);
    let secrets = ["secret_access_key", "session_token"];
    let rows = format!("{:?}", world.rows().await);
    for secret in secrets {
        assert!(!rows.contains(first[secret].as_str().unwrap()), "the {secret} stands in clear in the table");
    }
}
