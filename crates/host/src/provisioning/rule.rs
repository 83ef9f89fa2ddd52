//! A cluster's rule: it picks the cluster's doorbells from a bus and puts them into the cluster's queue.

use aws_sdk_eventbridge::types::Target;
use serde_json::json;
use switchtower_control::ports::PortError;
use switchtower_domain::cluster::ClusterId;

use super::{Services, unless};

/// The id of a rule's only target.
const TARGET: &str = "queue";
/// What EventBridge says of something that is not there.
const MISSING: &[&str] = &["ResourceNotFoundException"];

pub(super) async fn make_bus(services: &Services, bus: &str) -> Result<(), PortError> {
    let made = services.events.create_event_bus().name(bus).send().await;
    unless(made, &["ResourceAlreadyExistsException"]).map(drop)
}

pub(super) async fn make(services: &Services, bus: &str, cluster: ClusterId) -> Result<String, PortError> {
    let pattern = json!({ "detail": { "cluster_id": [cluster] } });
    let rule = services.events.put_rule().event_bus_name(bus).name(name(cluster)).event_pattern(pattern.to_string());
    let output = rule.description("A cluster's doorbells").send().await?;
    output.rule_arn.ok_or_else(|| "EventBridge did not tell the rule's ARN".into())
}

pub(super) async fn make_target(
    services: &Services,
    bus: &str,
    cluster: ClusterId,
    queue_arn: &str,
) -> Result<(), PortError> {
    let target = Target::builder().id(TARGET).arn(queue_arn).input_path("$.detail").build()?;
    let request = services.events.put_targets().event_bus_name(bus).rule(name(cluster)).targets(target);
    let output = request.send().await?;
    match output.failed_entries().first() {
        None => Ok(()),
        Some(failed) => Err(failed.error_message().unwrap_or("EventBridge refused the target").to_owned().into()),
    }
}

pub(super) async fn remove(services: &Services, bus: &str, cluster: ClusterId) -> Result<(), PortError> {
    let targets = services.events.remove_targets().event_bus_name(bus).rule(name(cluster)).ids(TARGET);
    if let Some(output) = unless(targets.send().await, MISSING)?
        && let Some(failed) = output.failed_entries().first()
        && !failed.error_code().is_some_and(|code| MISSING.contains(&code))
    {
        return Err(failed.error_message().unwrap_or("EventBridge kept the target").to_owned().into());
    }
    let rule = services.events.delete_rule().event_bus_name(bus).name(name(cluster));
    unless(rule.send().await, MISSING).map(drop)
}

fn name(cluster: ClusterId) -> String {
    format!("cluster-{cluster}")
}
