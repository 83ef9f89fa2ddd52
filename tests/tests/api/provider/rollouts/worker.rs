//! What the worker does with rollouts, over the real table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::*;

fn all_at_once() -> Value {
    json!({ "waves": [{ "percent": 100 }] })
}

#[tokio::test]
async fn waves_follow_each_other_as_clusters_become_ready() {
    let site = Site::new(3).await;
    let rollout = site.start(json!({ "waves": [{ "size": 1 }, { "size": 2 }], "wait_seconds": 60 })).await;
    assert_eq!(site.run().await.published, 1);
    assert_eq!(site.states(&rollout).await, ["publishing", "waiting", "waiting"]);
    assert_eq!(site.wait(60).await.published, 0, "the first wave is not over");
    site.report(&rollout, 0, "applied").await;
    site.run().await;
    assert_eq!(site.wait(30).await.published, 0, "the wait is not over");
    assert_eq!(site.wait(30).await.published, 2);
    site.report(&rollout, 1, "applied").await;
    site.report(&rollout, 2, "applied").await;
    site.run().await;
    let ended = site.owner().get(&rollout).await.ok(200);
    assert_eq!((&ended["status"], &ended["counts"]["ready"]), (&json!("succeeded"), &json!(3)));
    let kinds: Vec<_> = site.events(&rollout).await.into_iter().map(|event| event.kind).collect();
    let told: Vec<_> = kinds.iter().filter(|kind| *kind != "rollout.progressed").collect();
    assert_eq!(
        told,
        [
            "rollout.created",
            "rollout.started",
            "rollout.wave_started",
            "rollout.wave_completed",
            "rollout.wave_started",
            "rollout.succeeded"
        ]
    );
}

#[tokio::test]
async fn each_cluster_gets_a_publish_that_the_next_rollout_finds() {
    let site = Site::new(1).await;
    let rollout = site.start(all_at_once()).await;
    site.run().await;
    let owner = site.owner();
    let target = owner.get(&rollout).await.ok(200)["targets"][0].clone();
    let path = format!("/v1/provider/product-publishes/{}", target["product_publish_id"].as_str().unwrap());
    let publish = owner.get(&path).await.ok(200);
    assert_eq!((&publish["name"], &publish["status"]), (&json!("shop-prod-paris-0"), &json!("published")));
    assert_eq!(publish["deployment_id"], target["deployment_id"]);
    let deployment = target["deployment_id"].as_str().unwrap();
    let generations = owner.get(&format!("/v1/provider/deployments/{deployment}/generations")).await.ok(200);
    assert_eq!(generations.items()[0]["reason"], "Rollout `release`: a release");
    assert_eq!(generations.items()[0]["created_by"], "system:rollouts");
    assert!(site.world.doorbells.rung().iter().any(|(_, doorbell)| doorbell.deployment_id.to_string() == deployment));
    site.report(&rollout, 0, "applied").await;
    site.run().await;
    assert_eq!(site.status(&rollout).await, "succeeded");

    let hostnames = json!({ "clusters": { "ids": site.ids() }, "hostnames": ["shop.example.com"] });
    let second = owner.post(ROLLOUTS, site.input("second", hostnames)).await.ok(201).id();
    let second = format!("{ROLLOUTS}/{second}");
    site.run().await;
    let again = owner.get(&second).await.ok(200)["targets"][0].clone();
    assert_eq!(again["product_publish_id"], target["product_publish_id"]);
    assert_eq!((&again["generation"], &again["previous_generation"]), (&json!(2), &json!(1)));
    assert_eq!(owner.get(&path).await.ok(200)["hostnames"], json!(["shop.example.com"]));
}

#[tokio::test]
async fn what_is_right_already_makes_no_generation() {
    let site = Site::new(0).await;
    let owner = site.owner();
    owner.act(&site.estate.path("/v1/provider/product-publishes/{id}/publish")).await.ok(200);
    let deployment = site.estate.path("/v1/provider/deployments/{id}");
    let before = owner.get(&deployment).await.ok(200)["generation"].clone();
    let clusters = json!({ "clusters": { "ids": [site.estate.id("clusters")] } });
    let rollout = format!("{ROLLOUTS}/{}", owner.post(ROLLOUTS, site.input("release", clusters)).await.ok(201).id());
    site.run().await;
    let target = owner.get(&rollout).await.ok(200)["targets"][0].clone();
    assert_eq!(target["product_publish_id"], json!(site.estate.id("product-publishes")), "it was made by hand");
    assert_eq!((&target["generation"], &target["previous_generation"]), (&before, &before));
    assert_eq!(owner.get(&deployment).await.ok(200)["generation"], before);
    let report = json!({ "deployment_id": site.estate.id("deployments"), "generation": before, "outcome": "applied" });
    site.estate.agent.client(&site.world).post("/v1/agent/reports", report).await.ok(200);
    site.run().await;
    assert_eq!(site.status(&rollout).await, "succeeded");
    let aborted = owner.post(&format!("{rollout}/abort"), json!({ "rollback": true })).await;
    aborted.problem(409, "wrong_state");
}

#[tokio::test]
async fn one_failure_too_many_leaves_the_others_alone() {
    let site = Site::new(3).await;
    let rollout = site.start(json!({ "waves": [{ "size": 2 }], "failure_threshold": { "count": 0 } })).await;
    site.run().await;
    site.report(&rollout, 1, "failed").await;
    site.report(&rollout, 0, "applied").await;
    site.wait(3600).await;
    assert_eq!(site.states(&rollout).await, ["ready", "failed", "waiting"]);
    let ended = site.owner().get(&rollout).await.ok(200);
    assert_eq!((&ended["status"], &ended["wave"]), (&json!("failed"), &json!(1)));
    assert_eq!(ended["message"], "1 of 3 clusters failed or are degraded.");
    assert_eq!(site.wait(3600).await, Advanced::default());
}

#[tokio::test]
async fn a_cluster_that_cannot_be_published_to_failed_with_a_sentence() {
    let site = Site::new(2).await;
    site.owner().act(&site.estate.path("/v1/provider/gateways/{id}/deactivate")).await.ok(200);
    let rollout = site.start(all_at_once()).await;
    assert_eq!(site.run().await.refused, 1, "the first one is enough");
    let ended = site.owner().get(&rollout).await.ok(200);
    assert_eq!((&ended["status"], &ended["targets"][0]["state"]), (&json!("failed"), &json!("failed")));
    assert_eq!(ended["targets"][0]["message"], "Gateway template `edge` is inactive; activate it first.");
    assert_eq!(ended["targets"][1]["state"], "waiting");
}

#[tokio::test]
async fn the_chosen_api_services_of_the_product_are_rolled_out_and_strange_ones_are_refused() {
    let site = Site::new(1).await;
    let (owner, service) = (site.owner(), site.estate.id("api-services"));
    let strange = "api_01k2m5z8h3v9q4x7n6p0r2s1t5";
    let start = async |name: &str, services: &[&str]| {
        let more = json!({ "clusters": { "ids": site.ids() }, "api_service_ids": services });
        format!("{ROLLOUTS}/{}", owner.post(ROLLOUTS, site.input(name, more)).await.ok(201).id())
    };
    let rollout = start("strange", &[service, strange]).await;
    assert_eq!(site.run().await.refused, 1);
    let ended = owner.get(&rollout).await.ok(200);
    let message = ended["targets"][0]["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("Product `shop` has no API service `{strange}`")), "{message}");

    let rollout = start("release", &[service]).await;
    assert_eq!(site.run().await.published, 1);
    let publish = owner.get(&rollout).await.ok(200)["targets"][0]["product_publish_id"].as_str().unwrap().to_owned();
    let publish = owner.get(&format!("/v1/provider/product-publishes/{publish}")).await.ok(200);
    assert_eq!(
        (&publish["api_service_ids"], &publish["published_api_services"]),
        (&json!([service]), &json!([service]))
    );
}

#[tokio::test]
async fn clusters_that_are_offline_or_in_maintenance_hold_nobody_up() {
    let site = Site::new(2).await;
    let owner = site.owner();
    let lonely = owner.post("/v1/operator/clusters", json!({ "name": "lonely" })).await.ok(201).id();
    owner.act(&format!("/v1/operator/clusters/{}/maintenance", site.ids()[1])).await.ok(200);
    let ids = [&lonely, &site.clusters[1].0, &site.clusters[0].0];
    let more = json!({
        "clusters": { "ids": ids }, "strategy": { "waves": [{ "size": 1 }], "wait_seconds": 0 },
    });
    let rollout = format!("{ROLLOUTS}/{}", owner.post(ROLLOUTS, site.input("release", more)).await.ok(201).id());
    site.run().await;
    assert_eq!(site.states(&rollout).await, ["offline", "skipped", "publishing"]);
    let counts = owner.get(&rollout).await.ok(200)["counts"].clone();
    assert_eq!((&counts["offline"], &counts["skipped"], &counts["failed"]), (&json!(1), &json!(1), &json!(0)));
    owner.act(&format!("/v1/operator/clusters/{}/activate", site.ids()[1])).await.ok(200);
    assert_eq!(site.run().await.published, 1, "its maintenance is over in time");
    assert_eq!(site.states(&rollout).await, ["offline", "publishing", "publishing"]);
}

#[tokio::test]
async fn aborting_with_rollback_restores_what_was_there_and_withdraws_what_was_not() {
    let site = Site::new(2).await;
    let owner = site.owner();
    let more = json!({
        "clusters": { "ids": [site.estate.id("clusters"), site.ids()[0], site.ids()[1]] },
        "hostnames": ["new.example.com"], "strategy": { "waves": [{ "size": 2 }] },
    });
    let rollout = format!("{ROLLOUTS}/{}", owner.post(ROLLOUTS, site.input("release", more)).await.ok(201).id());
    site.run().await;
    let desired = site.estate.path("/v1/agent/deployments/{id}");
    let agent = site.estate.agent.client(&site.world);
    assert_eq!(agent.get(&desired).await.ok(200)["snapshot"]["publish"]["hostnames"], json!(["new.example.com"]));
    let aborted = owner.post(&format!("{rollout}/abort"), json!({ "rollback": true, "reason": "an incident" })).await;
    assert_eq!(aborted.ok(200)["status"], "rolling_back");
    owner.act(&format!("{rollout}/resume")).await.problem(409, "wrong_state");
    assert_eq!(site.run().await.rolled_back, 2);
    assert_eq!(site.states(&rollout).await, ["rolled_back", "rolled_back", "waiting"]);
    let ended = owner.get(&rollout).await.ok(200);
    assert_eq!((&ended["status"], &ended["message"]), (&json!("aborted"), &json!("an incident")));
    let restored = agent.get(&desired).await.ok(200);
    assert_eq!((&restored["generation"], &restored["snapshot"]["publish"]["hostnames"]), (&json!(3), &json!([])));
    let history = owner.get(&site.estate.path("/v1/provider/deployments/{id}/generations")).await.ok(200);
    assert_eq!(history.items()[0]["restored_from"], 1);
    let made = ended["targets"][1]["product_publish_id"].as_str().unwrap();
    assert_eq!(owner.get(&format!("/v1/provider/product-publishes/{made}")).await.ok(200)["status"], "withdrawn");
}

#[tokio::test]
async fn what_somebody_else_published_since_is_left_alone() {
    let site = Site::new(1).await;
    let rollout = site.start(all_at_once()).await;
    site.run().await;
    let owner = site.owner();
    let target = owner.get(&rollout).await.ok(200)["targets"][0].clone();
    let publish = format!("/v1/provider/product-publishes/{}", target["product_publish_id"].as_str().unwrap());
    owner.act(&format!("{publish}/withdraw")).await.ok(200);
    owner.post(&format!("{rollout}/abort"), json!({ "rollback": true })).await.ok(200);
    assert_eq!(site.run().await.rolled_back, 1);
    assert_eq!(site.states(&rollout).await, ["superseded"]);
    assert_eq!(site.status(&rollout).await, "aborted");
    let deployment = format!("/v1/provider/deployments/{}", target["deployment_id"].as_str().unwrap());
    assert_eq!(owner.get(&deployment).await.ok(200)["generation"], 2);
}

#[tokio::test]
async fn workers_that_meet_publish_to_each_cluster_once() {
    let site = Site::new(5).await;
    let rollout = site.start(all_at_once()).await;
    let workers: Vec<_> = (0..4).map(|_| site.worker()).collect();
    let runs = futures::future::join_all(workers.iter().map(Rollouts::revisit)).await;
    let published: u32 = runs.into_iter().map(|run| run.expect("the worker runs").published).sum();
    let left = site.run().await.published;
    assert_eq!(published + left, 5);
    let targets = site.owner().get(&rollout).await.ok(200)["targets"].clone();
    for target in targets.as_array().unwrap() {
        assert_eq!((&target["state"], &target["generation"]), (&json!("publishing"), &json!(1)));
    }
    let listed = site.owner().get("/v1/provider/product-publishes?limit=100").await.ok(200);
    assert_eq!(listed.items().len(), 6);
}

#[tokio::test]
async fn a_report_takes_the_rollout_on_at_once() {
    let site = Site::new(2).await;
    let rollout = site.start(json!({ "waves": [{ "size": 1 }], "wait_seconds": 0 })).await;
    let started = site.events(&rollout).await.into_iter().find(|event| event.kind == "rollout.started").unwrap();
    assert_eq!(site.worker().hear(&started).await.unwrap().published, 1);
    let deployment = site.owner().get(&rollout).await.ok(200)["targets"][0]["deployment_id"].clone();
    site.report(&rollout, 0, "applied").await;
    let ready = site.events(deployment.as_str().unwrap()).await.pop().unwrap();
    assert_eq!(ready.kind, "deployment.ready");
    assert_eq!(site.worker().hear(&ready).await.unwrap().published, 1);
    let elsewhere = Event { cluster_id: Some(site.estate.id("clusters").parse().unwrap()), ..ready };
    assert_eq!(site.worker().hear(&elsewhere).await.unwrap(), Advanced::default());
}

#[tokio::test]
async fn a_paused_rollout_publishes_nothing() {
    let site = Site::new(2).await;
    let rollout = site.start(json!({ "waves": [{ "size": 1 }], "wait_seconds": 0 })).await;
    site.run().await;
    site.owner().act(&format!("{rollout}/pause")).await.ok(200);
    site.report(&rollout, 0, "applied").await;
    let deployment = site.owner().get(&rollout).await.ok(200)["targets"][0]["deployment_id"].clone();
    let ready = site.events(deployment.as_str().unwrap()).await.pop().unwrap();
    site.worker().hear(&ready).await.unwrap();
    site.wait(3600).await;
    assert_eq!(site.states(&rollout).await, ["ready", "waiting"]);
    site.owner().act(&format!("{rollout}/resume")).await.ok(200);
    assert_eq!(site.run().await.published, 1);
}

/// Makes a policy whose row cannot be read, so that nothing can be published; the answer is the row as it was.
async fn break_a_policy(site: &Site) -> HashMap<String, AttributeValue> {
    let limit = json!({ "rate_limit": { "requests": 10, "unit": "second" } });
    let policy = json!({ "name": "broken", "scope": "global", "spec": limit });
    let policy = site.owner().post("/v1/provider/policies", policy).await.ok(201).id();
    let rows = site.world.rows().await;
    let row = rows.into_iter().find(|row| row["sk"].as_s().is_ok_and(|sk| *sk == policy)).unwrap();
    let mut broken = row.clone();
    broken.remove("doc");
    site.world.put_row(broken).await;
    row
}

#[tokio::test]
async fn what_is_in_the_way_is_told_and_forgotten_when_it_has_passed() {
    let site = Site::new(1).await;
    let rollout = site.start(all_at_once()).await;
    let row = break_a_policy(&site).await;
    let first = async || site.owner().get(&rollout).await.ok(200)["targets"][0].clone();
    assert_eq!(site.run().await.postponed, 1);
    let troubled = first().await;
    assert_eq!(troubled["state"], "waiting");
    assert!(troubled["message"].as_str().unwrap().contains("tried again every minute"), "{troubled}");
    assert_eq!(site.wait(60).await.postponed, 1);
    assert_eq!(first().await, troubled, "the same trouble is told once");
    site.world.put_row(row).await;
    assert_eq!(site.wait(60).await.published, 1);
    let published = first().await;
    assert_eq!((&published["state"], &published["troubled_since"]), (&json!("publishing"), &json!(null)));
    assert_eq!(published["message"], json!(null));
}

#[tokio::test]
async fn what_stays_in_the_way_for_an_hour_has_failed() {
    let site = Site::new(1).await;
    let rollout = site.start(all_at_once()).await;
    break_a_policy(&site).await;
    site.run().await;
    site.wait(3600).await;
    site.run().await;
    let ended = site.owner().get(&rollout).await.ok(200);
    assert_eq!((&ended["status"], &ended["targets"][0]["state"]), (&json!("failed"), &json!("failed")));
    assert!(ended["targets"][0]["message"].as_str().unwrap().contains("for 60 minutes"), "{:#}", ended.body);
}
