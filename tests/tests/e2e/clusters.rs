//! Clusters get their queue and rule, once, and take them along when they go.

use serde_json::{Value, json};

use crate::support::{AgentProcess, HandAgent, Rollout, World, aws, stack, until, world::id};

#[tokio::test]
async fn a_cluster_with_deployments_is_not_deleted_and_the_answer_lists_them() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let rollout = Rollout::draft(&world, &cluster).await;
    let deployment = rollout.publish().await;
    let refused = world.me.delete(&format!("/v1/operator/clusters/{}", id(&cluster))).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let used_by = refused.body["used_by"].as_array().cloned().unwrap_or_default();
    assert!(used_by.iter().any(|user| user["id"] == deployment), "{} is not listed: {}", deployment, refused.body);
    world.me.get(&format!("/v1/operator/clusters/{}", id(&cluster))).await.ok();
}

#[tokio::test]
async fn a_deleted_cluster_takes_its_queues_its_rule_and_its_agents_along() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let agent = HandAgent::register(&world, &cluster).await;
    let (name, bus) = (queue_name(&cluster), bus(&cluster));
    aws::queue_url(&name).await.expect("the queue is there");
    assert_eq!(rules(&bus, id(&cluster)).await.unwrap().len(), 1, "the rule is there");

    let at = format!("/v1/operator/clusters/{}", id(&cluster));
    world.me.delete(&at).await.ok();
    until("the queues and the rule are gone", 60, async || {
        let queues = [aws::queue_url(&name).await, aws::queue_url(&format!("{name}-dlq")).await];
        let rules = rules(&bus, id(&cluster)).await?;
        if queues.iter().all(Result::is_err) && rules.is_empty() {
            Ok(())
        } else {
            Err(format!("{queues:?} {rules:?}"))
        }
    })
    .await;
    until("the cluster is gone", 60, async || match world.me.get(&at).await {
        gone if gone.status == 404 => Ok(()),
        there => Err(there.body.to_string()),
    })
    .await;
    let heartbeat = agent.heartbeat().await;
    assert_eq!(heartbeat.status, 401, "an agent of a deleted cluster is refused: {}", heartbeat.body);

    // An event that arrives again, or late, makes nothing of it new.
    for kind in ["cluster.deleted", "cluster.created"] {
        provision(&world, kind, id(&cluster)).await;
    }
    assert!(aws::queue_url(&name).await.is_err(), "the queue is back");
    assert!(rules(&bus, id(&cluster)).await.unwrap().is_empty(), "the rule is back");
}

#[tokio::test]
async fn a_cluster_that_is_provisioned_twice_is_as_after_once() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let at = format!("/v1/operator/clusters/{}", id(&cluster));
    for _ in 0..2 {
        provision(&world, "cluster.created", id(&cluster)).await;
    }
    assert_eq!(world.me.get(&at).await.ok().body, cluster);
    assert_eq!(rules(&bus(&cluster), id(&cluster)).await.unwrap().len(), 1);

    let _agent = AgentProcess::start(&world, &cluster).await;
    let rollout = Rollout::draft(&world, &cluster).await;
    let deployment = rollout.publish().await;
    world.deployment_when(&deployment, 1, "ready", 60).await;
}

/// Hands the provisioner the event of this type about a cluster once more.
async fn provision(world: &World, kind: &str, cluster: &str) {
    let events = world.admin.items(&format!("/v1/admin/events?subject={cluster}")).await;
    let event = events.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("no {kind}: {events:?}"));
    let envelope = json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": kind,
        "source": "switchtower",
        "account": "000000000000",
        "time": event["at"],
        "region": "us-east-1",
        "resources": [],
        "detail": event,
    });
    aws::invoke("worker-cluster-provisioner", &envelope).await;
}

fn queue_name(cluster: &Value) -> String {
    format!("{}-cluster-{}", stack().name, id(cluster))
}

fn bus(cluster: &Value) -> String {
    cluster["channel"]["bus"].as_str().expect("a bus").to_owned()
}

/// The rules of a bus that name a cluster.
async fn rules(bus: &str, cluster: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut request = json!({ "EventBusName": bus });
    loop {
        let page = aws::events("ListRules", request.clone()).await?;
        let rules = page["Rules"].as_array().cloned().unwrap_or_default();
        found.extend(rules.iter().map(Value::to_string).filter(|rule| rule.contains(cluster)));
        match page["NextToken"].as_str() {
            Some(next) => request["NextToken"] = next.into(),
            None => return Ok(found),
        }
    }
}
