//! Whoever may no more is refused on the next request, and nobody gets at what is another's.

use aws_sdk_sqs::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    error::{ProvideErrorMetadata, SdkError},
};
use futures::future::join_all;
use serde_json::Value;

use crate::support::{
    Caller, HandAgent, World, identity,
    world::{id, queue},
};

#[tokio::test]
async fn a_registration_token_is_spent_once() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let token = world.token(&cluster).await;
    let tries = join_all((0..6).map(|_| async {
        let (_, public) = identity::key_pair();
        identity::present(&token, &public).await
    }))
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = tries.into_iter().partition(|answer| answer.status.is_success());
    assert_eq!(won.len(), 1, "one token registered {} agents", won.len());
    for answer in lost {
        answer.refused(409, "registration_token_used");
    }
    let (_, public) = identity::key_pair();
    identity::present(&token, &public).await.refused(409, "registration_token_used");
    let agents = world.me.items(&format!("/v1/operator/agents?cluster_id={}", id(&cluster))).await;
    assert_eq!(agents.len(), 1);
}

#[tokio::test]
async fn a_revoked_agent_is_refused_on_its_next_request() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let agent = HandAgent::register(&world, &cluster).await;
    agent.heartbeat().await.ok();
    world.me.act(&format!("/v1/operator/agents/{}/revoke", agent.id())).await.ok();
    agent.heartbeat().await.refused(401, "agent_revoked");
    agent.caller().get("/v1/agent/deployments").await.refused(401, "agent_revoked");
    agent.caller().act("/v1/agent/queue-credentials").await.refused(401, "agent_revoked");

    // The cluster stays, and takes another agent.
    let next = HandAgent::register(&world, &cluster).await;
    next.heartbeat().await.ok();
    world.me.delete(&format!("/v1/operator/agents/{}", next.id())).await.ok();
    assert_eq!(next.heartbeat().await.status, 401, "a deleted agent is refused");
}

#[tokio::test]
async fn a_revoked_api_key_is_refused_on_its_next_request() {
    let world = World::new().await;
    let issued = World::issue_key(&world.admin).await;
    let holder = Caller::key(&issued.text("/secret"));
    holder.get("/v1/me").await.ok();
    world.admin.act(&format!("/v1/admin/api-keys/{}/revoke", issued.id())).await.ok();
    let refused = holder.get("/v1/me").await;
    assert_eq!(refused.status, 401, "{}", refused.body);
    assert_eq!(holder.get("/v1/operator/clusters").await.status, 401);
}

#[tokio::test]
async fn queue_credentials_open_the_agents_own_queue_and_nothing_else() {
    let world = World::new().await;
    let (own, other) = (world.cluster().await, world.cluster().await);
    let agent = HandAgent::register(&world, &own).await;
    let credentials = agent.caller().act("/v1/agent/queue-credentials").await.ok().body;
    assert_eq!(credentials["queue_url"], queue(&own));
    let sqs = client(&credentials);

    let received = sqs.receive_message().queue_url(queue(&own)).send().await;
    received.expect("an agent may receive from its own queue");
    denied(sqs.receive_message().queue_url(queue(&other)).send().await, "receive from another cluster's queue");
    denied(sqs.delete_message().queue_url(queue(&other)).receipt_handle("x").send().await, "delete there");
    denied(sqs.send_message().queue_url(queue(&own)).message_body("{}").send().await, "send to its own queue");
    denied(sqs.purge_queue().queue_url(queue(&own)).send().await, "purge its own queue");
    denied(sqs.list_queues().send().await, "list queues");
}

fn client(credentials: &Value) -> Client {
    let text = |name: &str| credentials[name].as_str().unwrap_or_default().to_owned();
    let token = Some(text("session_token"));
    let keys = Credentials::new(text("access_key_id"), text("secret_access_key"), token, None, "e2e");
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(text("region")))
        .endpoint_url(text("endpoint_url"))
        .credentials_provider(keys)
        .build();
    Client::from_conf(config)
}

#[track_caller]
fn denied<T, E: ProvideErrorMetadata, R>(answer: Result<T, SdkError<E, R>>, what: &str) {
    let Err(error) = answer else { panic!("an agent may {what}") };
    let code = error.code().unwrap_or_default();
    assert!(code.contains("AccessDenied"), "to {what} was refused with `{code}`");
}
