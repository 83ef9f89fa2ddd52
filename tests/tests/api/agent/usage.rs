//! `/v1/agent/usage`

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use switchtower_tests::{
    Answer, Client, Estate, World,
    estate::{hour, this_hour, usage},
};

const USAGE: &str = "/v1/agent/usage";
const RUN: &str = "01K2M5Z8H3V9Q4X7N6P0R2S1T5";
const NEXT_RUN: &str = "01K2M5Z8H3V9Q4X7N6P0R2S1T6";

/// An hour with that many requests in its first five minutes.
fn requests(estate: &Estate, at: Timestamp, sequence: u64, number: u64) -> Value {
    let mut told = hour(estate.id("deployments"), at, sequence);
    told["slots"][0]["requests"]["requests"] = json!(number);
    told
}

async fn tell(agent: &Client<'_>, run: &str, hour: Value) -> Answer {
    agent.post(USAGE, usage(run, vec![hour])).await.ok(200)
}

/// How many requests the rows of hours, and those of days, add up to.
async fn kept(world: &World, estate: &Estate) -> [u64; 2] {
    let owner = world.owner(&estate.account);
    let mut sums = [0; 2];
    // Of the last hours, clients' numbers come from rows of hours, and hourly ones from rows of days.
    for (sum, path) in sums.iter_mut().zip(["top-consumers", "summary"]) {
        let answer = owner.get(&format!("/v1/provider/analytics/{path}?range=24h")).await.ok(200);
        *sum = answer["requests"].as_u64().unwrap();
    }
    sums
}

#[tokio::test]
async fn telling_the_same_again_changes_nothing() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    for _ in 0..3 {
        let receipt = tell(&agent, RUN, requests(&estate, this_hour(), 1, 3)).await;
        assert_eq!(receipt.body, json!({ "unknown": [] }));
    }
    assert_eq!(kept(&world, &estate).await, [3, 3]);
}

#[tokio::test]
async fn a_newer_telling_takes_the_place_of_an_older_one_and_not_the_other_way_around() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    for (sequence, number, expected) in [(2, 5, 5), (1, 3, 5), (2, 9, 5), (4, 8, 8), (3, 7, 8)] {
        tell(&agent, RUN, requests(&estate, this_hour(), sequence, number)).await;
        assert_eq!(kept(&world, &estate).await, [expected; 2], "after sequence {sequence}");
    }
}

#[tokio::test]
async fn hours_have_sequences_of_their_own() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    let before = this_hour() - SignedDuration::from_hours(1);
    tell(&agent, RUN, requests(&estate, this_hour(), 9, 4)).await;
    tell(&agent, RUN, requests(&estate, before, 1, 5)).await;
    assert_eq!(kept(&world, &estate).await, [9, 9]);
}

#[tokio::test]
async fn agents_and_runs_add_up() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let other = world.agent(&owner, estate.id("clusters")).await;
    let (one, other) = (estate.agent.client(&world), other.client(&world));
    tell(&one, RUN, requests(&estate, this_hour(), 7, 3)).await;
    tell(&one, NEXT_RUN, requests(&estate, this_hour(), 1, 4)).await;
    tell(&other, RUN, requests(&estate, this_hour(), 1, 5)).await;
    assert_eq!(kept(&world, &estate).await, [12, 12]);
}

#[tokio::test]
async fn deployments_of_other_clusters_are_unknown_and_their_numbers_are_not_kept() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let victim = Estate::new(&world, "other").await;
    let owner = world.owner(&estate.account);
    let neighbour = owner.post("/v1/operator/clusters", json!({ "name": "paris" })).await.ok(201).id();
    let neighbour = world.agent(&owner, &neighbour).await;
    let [theirs, own] = [victim.id("deployments"), estate.id("deployments")];
    let nowhere = "dep_01k2m5z8h3v9q4x7n6p0r2s1t5";
    let hours = |ids: &[&str]| ids.iter().map(|id| hour(id, this_hour(), 1)).collect();
    let report = usage(RUN, hours(&[theirs, own, nowhere]));
    let receipt = estate.agent.client(&world).post(USAGE, report).await.ok(200);
    assert_eq!(receipt["unknown"], json!([theirs, nowhere]));
    let receipt = neighbour.client(&world).post(USAGE, usage(RUN, hours(&[own]))).await.ok(200);
    assert_eq!(receipt["unknown"], json!([own]));
    assert_eq!(kept(&world, &estate).await, [3, 3]);
    assert_eq!(kept(&world, &victim).await, [0, 0]);
}

#[tokio::test]
async fn a_report_that_is_wrong_is_refused_at_its_fields_and_nothing_of_it_is_kept() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    let now = this_hour();
    let later = |hours| now + SignedDuration::from_hours(hours);
    let good = hour(estate.id("deployments"), now, 1);
    let with = |pointer: &str, value: Value| {
        let mut hour = good.clone();
        *hour.pointer_mut(pointer).unwrap() = value;
        hour
    };
    for (bad, field) in [
        (with("/hour", json!(later(-26))), "/hours/1/hour too_early"),
        (with("/hour", json!(later(2))), "/hours/1/hour too_late"),
        (with("/hour", json!(now - SignedDuration::from_mins(90))), "/hours/1/hour not_valid"),
        (with("/hour", json!("yesterday")), "/hours/1/hour format"),
        (good.clone(), "/hours/1 duplicate"),
        (with("/sequence", json!(0)), "/hours/1/sequence too_small"),
        (with("/slots", json!([])), "/hours/1/slots too_few"),
        (with("/slots/0/minute", json!(7)), "/hours/1/slots/0/minute not_a_multiple"),
        (with("/slots/0/minute", json!(60)), "/hours/1/slots/0/minute too_large"),
        (with("/slots/0/durations", json!([1, 2])), "/hours/1/slots/0/durations too_few"),
        (with("/slots/0/bytes_sent", json!(-1)), "/hours/1/slots/0/bytes_sent too_small"),
        (with("/slots/0/bytes_sent", json!(u64::MAX)), "/hours/1/slots/0/bytes_sent too_large"),
        (with("/clients/0/client_id", json!("x".repeat(254))), "/hours/1/clients/0/client_id too_long"),
        (with("/clients/0/client_id", json!("a\u{0}")), "/hours/1/clients/0/client_id pattern"),
        (with("/clients", json!(vec![good["clients"][0].clone(); 51])), "/hours/1/clients too_many"),
    ] {
        let mut bad = bad;
        // Only the one that shall be a duplicate is of the same hour.
        if !field.ends_with("duplicate") && !field.contains("/hour ") {
            bad["hour"] = json!(later(-1));
        }
        let answer = agent.post(USAGE, usage(RUN, vec![good.clone(), bad])).await.problem(400, "invalid_body");
        assert_eq!(answer.bad_fields(), [field]);
    }
    for (run, hours, field) in [
        ("run-1", vec![good.clone()], "/run"),
        (RUN, Vec::new(), "/hours too_few"),
        (RUN, vec![good.clone(); 101], "/hours too_many"),
    ] {
        let answer = agent.post(USAGE, usage(run, hours)).await.problem(400, "invalid_body");
        assert!(answer.bad_fields()[0].starts_with(field), "{:?}", answer.bad_fields());
    }
    assert_eq!(kept(&world, &estate).await, [0, 0]);
}

#[tokio::test]
async fn the_largest_report_is_taken() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    let most = 9_007_199_254_740_991_u64;
    let requests = json!({ "requests": most, "client_errors": 0, "server_errors": 0 });
    let durations = [most / 12; 12];
    let slot =
        |minute: u64| json!({ "minute": minute * 5, "requests": requests, "durations": durations, "bytes_sent": most });
    let client = |number: usize| json!({ "client_id": format!("{number:0>253}"), "requests": requests });
    let mut largest = hour(estate.id("deployments"), this_hour(), most);
    largest["slots"] = (0..12).map(slot).collect();
    largest["clients"] = (0..50).map(client).collect();
    let mut hours = vec![largest.clone(); 100];
    for (number, hour) in hours.iter_mut().enumerate().skip(1) {
        hour["deployment_id"] = json!(format!("dep_01k2m5z8h3v9q4x7n6p0r2s{number:03}"));
    }
    let receipt = agent.post(USAGE, usage(RUN, hours)).await.ok(200);
    assert_eq!(receipt["unknown"].as_array().unwrap().len(), 99);
    let summary = world.owner(&estate.account).get("/v1/provider/analytics/summary").await.ok(200);
    assert_eq!(summary["requests"], json!(most * 12));
}

#[tokio::test]
async fn only_agents_tell_of_usage() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let report = usage(RUN, vec![hour(estate.id("deployments"), this_hour(), 1)]);
    world.anyone().post(USAGE, report.clone()).await.problem(401, "unauthenticated");
    let answer = world.owner(&estate.account).post(USAGE, report.clone()).await;
    assert!([401, 403].contains(&answer.status.as_u16()), "{:#}", answer.body);
    let agent = estate.agent.client(&world);
    let agents = estate.path("/v1/operator/agents/{id}/revoke");
    world.owner(&estate.account).act(&agents).await.ok(200);
    agent.post(USAGE, report).await.problem(401, "agent_revoked");
}

#[tokio::test]
async fn rows_of_usage_end_by_themselves() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    tell(&estate.agent.client(&world), RUN, requests(&estate, this_hour(), 1, 3)).await;
    for (kind, days) in [("usage_hour", 32), ("usage_day", 400)] {
        let rows = world.rows().await;
        let row = rows.iter().find(|row| row["kind"].as_s().is_ok_and(|text| text == kind)).unwrap();
        let end: i64 = row["expires_at"].as_n().unwrap().parse().unwrap();
        assert_eq!(end, this_hour().as_second() + days * 24 * 3600, "{kind}");
        assert_eq!(row["tenant_id"].as_s().unwrap(), &estate.account.id.to_string());
    }
}
