//! `/v1/provider/plans`

use serde_json::json;
use switchtower_tests::{Estate, World, estate};

const PLANS: &str = "/v1/provider/plans";

#[tokio::test]
async fn plans_are_listed_by_product() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let other = owner.post("/v1/provider/products", json!({ "name": "bank" })).await.ok(201).id();
    let there = owner.post(PLANS, estate::plan("bronze", &other)).await.ok(201).id();
    assert_eq!(owner.get(PLANS).await.ok(200).items().len(), 2);
    let listed = owner.get(&format!("{PLANS}?product_id={other}")).await.ok(200);
    assert_eq!(listed.items().iter().map(|item| item["id"].clone()).collect::<Vec<_>>(), [json!(there)]);
}

#[tokio::test]
async fn a_plan_stays_with_its_product_and_the_product_with_its_plans() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let product = owner.post("/v1/provider/products", json!({ "name": "bank" })).await.ok(201).id();
    let path = format!("{PLANS}/{}", owner.post(PLANS, estate::plan("bronze", &product)).await.ok(201).id());
    let moved = owner.patch(&path, json!({ "product_id": estate.id("products") })).await;
    assert_eq!(moved.problem(400, "invalid_body").bad_fields(), ["/product_id immutable"]);
    owner.delete(&format!("/v1/provider/products/{product}")).await.problem(409, "in_use");
    owner.delete(&path).await.ok(204);
    owner.delete(&path).await.problem(404, "not_found");
    owner.delete(&format!("/v1/provider/products/{product}")).await.ok(204);
}

#[tokio::test]
async fn a_price_goes_with_its_pricing_model() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let mut plan = estate::plan("gold-2", estate.id("products"));
    plan["pricing_model"] = json!("flat");
    let refused = owner.post(PLANS, plan.clone()).await;
    assert_eq!(refused.problem(400, "invalid_body").bad_fields(), ["/price required"]);
    plan["price"] = json!({ "micros": 4_990_000, "currency": "EUR", "billing_cycle": "monthly" });
    plan["rate_limit"] = json!({ "requests": 100, "period": "second" });
    plan["quota"] = json!({ "requests": 1_000_000, "period": "month" });
    let made = owner.post(PLANS, plan).await.ok(201);
    assert_eq!((&made["price"]["micros"], &made["quota"]["period"]), (&json!(4_990_000), &json!("month")));
    let free = json!({ "pricing_model": "free", "price": null });
    assert_eq!(owner.patch(&format!("{PLANS}/{}", made.id()), free).await.ok(200)["price"], json!(null));
}
