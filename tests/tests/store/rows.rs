//! Every kind of row that a tenant with one of everything has, with its keys in the table and in the indexes.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::{Captures, Regex};
use switchtower_tests::{
    Estate, World,
    estate::{hour, this_hour, usage},
};

static VARYING: LazyLock<Regex> = LazyLock::new(|| {
    let parts = [
        r"(?P<id>[a-z]{3})_[0-7][0-9a-hjkmnp-tv-z]{25}",
        r"(?P<time>\d{4}-\d\d-\d\dT[0-9:.]+Z)",
        r"(?P<hour>\d{4}-\d\d-\d\dT\d\d)",
        r"(?P<day>\d{4}-\d\d-\d\d)",
        r"(?P<digest>[0-9a-f]{64})",
    ];
    Regex::new(&parts.join("|")).unwrap()
});

/// A key without what differs from run to run.
fn plain(key: &str) -> String {
    let name = |found: &Captures<'_>| match found.name("id") {
        Some(prefix) => format!("{}_…", prefix.as_str()),
        None => ["time", "hour", "day", "digest"]
            .into_iter()
            .find(|name| found.name(name).is_some())
            .map(|name| format!("<{name}>"))
            .unwrap(),
    };
    VARYING.replace_all(key, name).into_owned()
}

async fn tell_of_usage(world: &World, estate: &Estate) {
    let hours = vec![hour(estate.id("deployments"), this_hour(), 1)];
    let report = usage("01K2M5Z8H3V9Q4X7N6P0R2S1T5", hours);
    estate.agent.client(world).post("/v1/agent/usage", report).await.ok(200);
}

#[tokio::test]
async fn rows_are_where_they_were() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account).with("idempotency-key", "one");
    owner.act(&estate.path("/v1/provider/product-publishes/{id}/publish")).await.ok(200);
    tell_of_usage(&world, &estate).await;
    let lines: BTreeSet<_> = world
        .rows()
        .await
        .iter()
        .map(|row| {
            let text = |name: &str| row.get(name).map(|value| value.as_s().unwrap().clone());
            let mut line =
                format!("{}: {} | {}", text("kind").unwrap(), plain(&text("pk").unwrap()), plain(&text("sk").unwrap()));
            for index in ["gsi1", "gsi2"] {
                if let (Some(pk), Some(sk)) = (text(&format!("{index}pk")), text(&format!("{index}sk"))) {
                    line.push_str(&format!("\n    {index}: {} | {}", plain(&pk), plain(&sk)));
                }
            }
            line
        })
        .collect();
    insta::assert_snapshot!(lines.into_iter().collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn every_row_has_kind_tenant_and_schema_and_its_tenant_is_its_own() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    tell_of_usage(&world, &estate).await;
    let (own, system) = (estate.account.id.to_string(), "ten_00000000000000000000000000");
    for row in world.rows().await {
        let text = |name: &str| row.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        assert!(!text("kind").is_empty(), "{row:?}");
        assert!(row.get("schema").is_some_and(aws_sdk_dynamodb::types::AttributeValue::is_n), "{row:?}");
        assert!([own.as_str(), system].contains(&text("tenant_id").as_str()), "{row:?}");
        for key in ["pk", "gsi1pk"].map(&text).into_iter().filter(|key| key.starts_with("T#")) {
            assert!(key.starts_with(&format!("T#{}#", text("tenant_id"))), "{row:?}");
        }
    }
}

#[tokio::test]
async fn no_row_holds_a_secret_in_clear() {
    let world = World::new().await;
    let acme = world.tenant("acme").await;
    let owner = world.owner(&acme);
    let cluster = owner.post("/v1/operator/clusters", serde_json::json!({ "name": "berlin" })).await.ok(201).id();
    let tokens = format!("/v1/operator/clusters/{cluster}/registration-tokens");
    let token = owner.act(&tokens).await.ok(201)["token"].as_str().unwrap().to_owned();
    let key = serde_json::json!({ "name": "robot", "roles": ["viewer"] });
    let key = owner.post("/v1/admin/api-keys", key).await.ok(201)["secret"].as_str().unwrap().to_owned();
    let rows = format!("{:?}", world.rows().await);
    for secret in [&token, &key] {
        let random = secret.split('_').nth(3).unwrap();
        assert!(random.len() == 43 && !rows.contains(random));
    }
}
