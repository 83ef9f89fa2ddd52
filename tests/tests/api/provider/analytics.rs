//! `/v1/provider/analytics`

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use switchtower_domain::role::Role;
use switchtower_tests::{
    Answer, Client, Estate, World,
    estate::{hour, publish, this_hour, usage},
};

const RUN: &str = "01K2M5Z8H3V9Q4X7N6P0R2S1T5";
const SUMMARY: &str = "/v1/provider/analytics/summary";
const TIMESERIES: &str = "/v1/provider/analytics/timeseries";
const TOP_CONSUMERS: &str = "/v1/provider/analytics/top-consumers";
const ALL: [&str; 3] = [SUMMARY, TIMESERIES, TOP_CONSUMERS];

async fn tell(world: &World, estate: &Estate, hours: Vec<Value>) {
    estate.agent.client(world).post("/v1/agent/usage", usage(RUN, hours)).await.ok(200);
}

/// Says what the agent can do, as it does now and then.
async fn heartbeat(world: &World, estate: &Estate, usage: Option<bool>) {
    let mut beat = json!({ "version": "0.1.0", "applied_version": 0 });
    if let Some(usage) = usage {
        beat["capabilities"] = json!({ "driver": "nginx", "gateway_classes": ["envoy", "nginx"], "usage": usage });
    }
    estate.agent.client(world).post("/v1/agent/heartbeats", beat).await.ok(200);
}

fn ago(hours: i64) -> Timestamp {
    this_hour() - SignedDuration::from_hours(hours)
}

/// A slot with that many requests, each of the duration class of that number.
fn slot(minute: u8, requests: u64, class: usize) -> Value {
    let mut durations = [0; 12];
    durations[class] = requests;
    let requests = json!({ "requests": requests, "client_errors": 0, "server_errors": 1 });
    json!({ "minute": minute, "requests": requests, "durations": durations, "bytes_sent": 100 })
}

fn client(id: &str, requests: u64) -> Value {
    json!({ "client_id": id, "requests": { "requests": requests, "client_errors": 1, "server_errors": 0 } })
}

/// The steps with requests: how many of them there were, by when the step begins.
fn busy(answer: &Answer) -> Vec<(String, u64)> {
    let steps = answer["steps"].as_array().unwrap().iter();
    let steps = steps.map(|step| (step["from"].as_str().unwrap().to_owned(), step["requests"].as_u64().unwrap()));
    steps.filter(|(_, requests)| *requests > 0).collect()
}

async fn bad_fields(client: &Client<'_>, path: &str) -> Vec<String> {
    client.get(path).await.problem(400, "invalid_query").bad_fields()
}

#[tokio::test]
async fn a_summary_adds_up_what_agents_told() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    heartbeat(&world, &estate, Some(true)).await;
    let mut first = hour(estate.id("deployments"), ago(1), 1);
    first["slots"] = json!([slot(0, 60, 1), slot(55, 40, 5)]);
    tell(&world, &estate, vec![first, hour(estate.id("deployments"), ago(3), 1)]).await;
    let summary = world.owner(&estate.account).get(SUMMARY).await.ok(200);
    assert_eq!((&summary["requests"], &summary["client_errors"]), (&json!(103), &json!(1)));
    assert_eq!((&summary["server_errors"], &summary["bytes_sent"]), (&json!(2), &json!(2248)));
    assert_eq!(summary["error_rate"], json!(3.0 / 103.0));
    assert_eq!(summary["durations"]["p50_ms"], json!(10));
    assert!(summary["durations"]["p99_ms"].as_u64().is_some_and(|p99| (101..=250).contains(&p99)));
    let publish = &summary["publishes"][0];
    assert_eq!(publish["product_publish_id"], estate.id("product-publishes"));
    assert_eq!((&publish["requests"], &publish["name"]), (&json!(103), &json!("shop")));
    assert_eq!((&publish["measured"], &publish["reason"]), (&json!(true), &Value::Null));
    assert!(publish["last_reported_at"].is_string());
}

#[tokio::test]
async fn every_step_of_a_series_is_there_and_its_sum_is_that_of_the_summary() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let hours = [0, 1, 5, 23].map(|hours| hour(estate.id("deployments"), ago(hours), 1));
    tell(&world, &estate, hours.into()).await;
    for (range, seconds, steps) in [("1h", 300, 13), ("24h", 3600, 25), ("7d", 3600, 169), ("30d", 86_400, 31)] {
        let series = owner.get(&format!("{TIMESERIES}?range={range}")).await.ok(200);
        let told = series["steps"].as_array().unwrap();
        assert_eq!((&series["step_seconds"], told.len()), (&json!(seconds), steps), "{range}");
        assert!(told.iter().rev().skip(1).all(|step| step["complete"] == true), "{range}");
        assert_eq!((&told[steps - 1]["complete"], &told[0]["from"]), (&json!(false), &series["from"]), "{range}");
        let sum: u64 = busy(&series).iter().map(|(_, requests)| requests).sum();
        let summary = owner.get(&format!("{SUMMARY}?range={range}")).await.ok(200);
        assert_eq!(summary["requests"], json!(sum), "{range}");
        assert_eq!((&summary["from"], &summary["to"]), (&series["from"], &series["to"]), "{range}");
    }
    let day = busy(&owner.get(&format!("{TIMESERIES}?range=24h")).await.ok(200));
    assert_eq!(day, [23, 5, 1, 0].map(|hours| (ago(hours).to_string(), 3)));
}

#[tokio::test]
async fn five_minutes_are_told_apart() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let mut told = hour(estate.id("deployments"), ago(2), 1);
    told["slots"] = json!([slot(0, 1, 0), slot(20, 2, 0), slot(55, 4, 0)]);
    tell(&world, &estate, vec![told]).await;
    let minutes = |minutes| (ago(2) + SignedDuration::from_mins(minutes)).to_string();
    let path = format!("{TIMESERIES}?from={}&to={}", minutes(17), minutes(57));
    let series = world.owner(&estate.account).get(&path).await.ok(200);
    assert_eq!((&series["from"], &series["to"]), (&json!(minutes(15)), &json!(minutes(60))));
    assert_eq!(busy(&series), [(minutes(20), 2), (minutes(55), 4)]);
    assert_eq!(series["steps"].as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn nothing_is_told_as_nothing() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let summary = owner.get(SUMMARY).await.ok(200);
    assert_eq!((&summary["requests"], &summary["publishes"]), (&json!(0), &json!([])));
    assert_eq!((&summary["error_rate"], &summary["durations"]["p50_ms"]), (&json!(0.0), &Value::Null));
    assert_eq!(busy(&owner.get(TIMESERIES).await.ok(200)), []);
    assert_eq!(owner.get(TOP_CONSUMERS).await.ok(200)["items"], json!([]));
}

#[tokio::test]
async fn top_consumers_are_in_order_with_their_share_of_everything() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let told = |hours, clients: Value| {
        let mut told = hour(estate.id("deployments"), ago(hours), 1);
        told["slots"] = json!([slot(0, 50, 0)]);
        told["clients"] = clients;
        told
    };
    let first = told(1, json!([client("b", 20), client("a", 10), client("c", 5)]));
    tell(&world, &estate, vec![first, told(2, json!([client("a", 15)]))]).await;
    let owner = world.owner(&estate.account);
    let top = owner.get(&format!("{TOP_CONSUMERS}?limit=2")).await.ok(200);
    assert_eq!(top["requests"], 100);
    let expected = json!([
        { "client_id": "a", "requests": 25, "client_errors": 2, "server_errors": 0, "share": 0.25 },
        { "client_id": "b", "requests": 20, "client_errors": 1, "server_errors": 0, "share": 0.2 },
    ]);
    assert_eq!(top["items"], expected);
    assert_eq!(owner.get(TOP_CONSUMERS).await.ok(200)["items"].as_array().unwrap().len(), 3);
    for bad in ["limit=0", "limit=101", "limit=x"] {
        owner.get(&format!("{TOP_CONSUMERS}?{bad}")).await.problem(400, "invalid_query");
    }
}

#[tokio::test]
async fn what_is_not_measured_is_told_apart_from_no_traffic() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let ids = ["products", "gateways", "clusters"].map(|kind| estate.id(kind));
    let draft = publish("draft", ids[0], ids[1], ids[2]);
    let draft = owner.post("/v1/provider/product-publishes", draft).await.ok(201).id();
    for (usage, reason) in [(None, Some("no_agent")), (Some(false), Some("not_counted")), (Some(true), None)] {
        heartbeat(&world, &estate, usage).await;
        let summary = owner.get(SUMMARY).await.ok(200);
        let told: Vec<_> = summary["publishes"].as_array().unwrap().iter().map(|one| &one["reason"]).collect();
        assert_eq!(told, [&json!(reason), &json!("not_published")], "{usage:?}");
        let mut expected: Vec<_> = reason.iter().map(|reason| (estate.id("product-publishes"), *reason)).collect();
        expected.push((&draft, "not_published"));
        for path in [TIMESERIES, TOP_CONSUMERS] {
            let answer = owner.get(path).await.ok(200);
            let told = answer["not_measured"].as_array().unwrap().iter();
            let told: Vec<_> = told
                .map(|one| (one["product_publish_id"].as_str().unwrap(), one["reason"].as_str().unwrap()))
                .collect();
            assert_eq!(told, expected, "{path} {usage:?}");
        }
    }
}

#[tokio::test]
async fn filters_choose_publishes() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    tell(&world, &estate, vec![hour(estate.id("deployments"), this_hour(), 1)]).await;
    let ids = ["products", "gateways", "clusters"].map(|kind| estate.id(kind));
    let second =
        owner.post("/v1/provider/product-publishes", publish("second", ids[0], ids[1], ids[2])).await.ok(201).id();
    let other = owner.post("/v1/provider/products", json!({ "name": "bank" })).await.ok(201).id();
    let (product, first) = (estate.id("products"), estate.id("product-publishes"));
    for (filter, publishes, requests) in [
        (String::new(), vec![first, &second], 3),
        (format!("product_id={product}"), vec![first, &second], 3),
        (format!("product_id={other}"), vec![], 0),
        (format!("product_publish_id={first}"), vec![first], 3),
        (format!("product_publish_id={second}&product_id={product}"), vec![&second], 0),
    ] {
        let summary = owner.get(&format!("{SUMMARY}?{filter}")).await.ok(200);
        let told = summary["publishes"].as_array().unwrap().iter();
        let told: Vec<_> = told.map(|one| one["product_publish_id"].as_str().unwrap()).collect();
        assert_eq!((told, &summary["requests"]), (publishes, &json!(requests)), "{filter}");
    }
    let both = format!("{SUMMARY}?product_publish_id={first}&product_id={other}");
    assert_eq!(bad_fields(&owner, &both).await, ["?product_id not_valid"]);
}

#[tokio::test]
async fn publishes_and_products_of_another_tenant_are_not_found() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    tell(&world, &estate, vec![hour(estate.id("deployments"), this_hour(), 1)]).await;
    let stranger = world.owner(&world.tenant("other").await);
    for path in ALL {
        for (name, kind) in [("product_publish_id", "product-publishes"), ("product_id", "products")] {
            let filtered = format!("{path}?{name}={}", estate.id(kind));
            stranger.get(&filtered).await.problem(404, "not_found");
            world.owner(&estate.account).get(&filtered).await.ok(200);
        }
        let answer = stranger.get(path).await.ok(200);
        assert!(!answer.body.to_string().contains("dep_") && !answer.body.to_string().contains("app-1"));
    }
    assert_eq!(stranger.get(SUMMARY).await.ok(200)["requests"], 0);
}

#[tokio::test]
async fn times_that_cannot_be_looked_at_are_refused_at_their_field() {
    let world = World::new().await;
    let owner = world.owner(&world.tenant("acme").await);
    let time = |days: i64| (this_hour() - SignedDuration::from_hours(24 * days)).to_string();
    for path in ALL {
        for (query, field) in [
            (format!("to={}", time(0)), "?from required"),
            (format!("range=1h&from={}", time(1)), "?range not_allowed"),
            (format!("from={}", time(-1)), "?from too_late"),
            (format!("from={}&to={}", time(1), time(2)), "?to too_early"),
            (format!("from={}", time(400)), "?from too_early"),
        ] {
            assert_eq!(bad_fields(&owner, &format!("{path}?{query}")).await, [field], "{path}?{query}");
        }
        for bad in ["range=2h", "range=", "from=yesterday", "product_id=x", "publish=1", "product_publish_id="] {
            owner.get(&format!("{path}?{bad}")).await.problem(400, "invalid_query");
        }
    }
    let month_and_more = format!("from={}&to={}", time(60), time(59));
    owner.get(&format!("{SUMMARY}?{month_and_more}")).await.ok(200);
    assert_eq!(bad_fields(&owner, &format!("{TOP_CONSUMERS}?{month_and_more}")).await, ["?from too_early"]);
    let old = owner.get(&format!("{TIMESERIES}?from={}&to={}", time(60), time(59))).await.ok(200);
    assert_eq!(old["step_seconds"], 3600);
    assert!(old["steps"].as_array().unwrap().iter().all(|step| step["complete"] == true));
}

#[tokio::test]
async fn what_is_too_much_to_add_up_is_refused_and_never_cut() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let ids = ["products", "gateways", "clusters"].map(|kind| estate.id(kind));
    for number in 1..=99 {
        let publish = publish(&format!("shop-{number}"), ids[0], ids[1], ids[2]);
        owner.post("/v1/provider/product-publishes", publish).await.ok(201);
    }
    let all = owner.get(SUMMARY).await.ok(200);
    assert_eq!(all["publishes"].as_array().unwrap().len(), 100);
    owner.post("/v1/provider/product-publishes", publish("one-more", ids[0], ids[1], ids[2])).await.ok(201);
    for path in ALL {
        for filter in [String::new(), format!("?product_id={}", ids[0])] {
            let refused = owner.get(&format!("{path}{filter}")).await.problem(400, "too_much_usage");
            assert_eq!(refused.bad_fields(), ["?product_publish_id too_much_usage"]);
        }
        owner.get(&format!("{path}?product_publish_id={}", estate.id("product-publishes"))).await.ok(200);
    }
}

#[tokio::test]
async fn a_long_time_of_many_publishes_is_refused_and_a_shorter_one_is_not() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let ids = ["products", "gateways", "clusters"].map(|kind| estate.id(kind));
    for number in 1..=6 {
        let mut publish = publish(&format!("shop-{number}"), ids[0], ids[1], ids[2]);
        publish["hostnames"] = json!([format!("shop-{number}.example.com")]);
        let publish = owner.post("/v1/provider/product-publishes", publish).await.ok(201).id();
        owner.act(&format!("/v1/provider/product-publishes/{publish}/publish")).await.ok(200);
    }
    let refused = owner.get(&format!("{TOP_CONSUMERS}?range=30d")).await.problem(400, "too_much_usage");
    assert!(refused["detail"].as_str().unwrap().contains("7 publishes"), "{:#}", refused.body);
    owner.get(&format!("{TOP_CONSUMERS}?range=7d")).await.ok(200);
    owner.get(&format!("{SUMMARY}?range=30d")).await.ok(200);
}

#[tokio::test]
async fn viewers_read_analytics_and_consumers_do_not() {
    let world = World::new().await;
    let account = world.tenant("acme").await;
    for (role, allowed) in [
        (Role::OrgAdmin, true),
        (Role::ApiDeveloper, true),
        (Role::Viewer, true),
        (Role::Operator, false),
        (Role::Consumer, false),
    ] {
        let key = world.api_key(&account, &[role], None).await;
        let caller = world.anyone().with("x-api-key", &key.secret);
        for path in ALL {
            let answer = caller.get(path).await;
            if allowed {
                answer.ok(200)
            } else {
                answer.problem(403, "permission_denied")
            };
        }
    }
}
