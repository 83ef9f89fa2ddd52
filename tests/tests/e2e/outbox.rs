//! A record that nobody can read stops nothing behind it.

use serde_json::json;

use crate::support::{Socket, World, aws, stack, until, world};

#[tokio::test]
async fn a_poison_record_ends_in_the_failure_queue_and_what_is_behind_it_flows() {
    let world = World::new().await;
    let mut socket = Socket::subscribed(&world.me, "events", None).await;
    let failures = aws::queue_url(&format!("{}-outbox-relay-failures", stack().name)).await.unwrap();
    let before = aws::depth(&failures).await.unwrap();

    let poison = json!({
        "pk": { "S": format!("T#{}#EVENT#2000-01-01", world.tenant) },
        "sk": { "S": world::unique("evt_poison") },
        "kind": { "S": "event" },
        "tenant_id": { "S": world.tenant },
        "schema": { "N": "1" },
        "doc": { "S": "no event" },
    });
    let table = format!("{}-table", stack().name);
    aws::dynamodb("PutItem", json!({ "TableName": table, "Item": poison })).await.unwrap();

    // Behind it: the provisioner hears of a cluster, and the live feed tells of it.
    let cluster = world.cluster().await;
    let about =
        |event: &serde_json::Value| event["type"] == "cluster.provisioned" && event["subject"] == world::id(&cluster);
    socket.events_until(60, about).await;
    until("the poison record is in the failure queue", 60, async || match aws::depth(&failures).await? {
        more if more > before => Ok(()),
        same => Err(format!("{same} messages")),
    })
    .await;
}
