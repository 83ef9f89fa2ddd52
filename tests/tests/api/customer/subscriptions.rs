//! `/v1/customer/subscriptions` and `/v1/provider/subscriptions`: one thing, seen from two sides.

use serde_json::{Value, json};
use switchtower_domain::role::Role;
use switchtower_tests::{Answer, Client, Estate, World};

use super::offers::publish_to_all;

const OWN: &str = "/v1/customer/subscriptions";
const TO_US: &str = "/v1/provider/subscriptions";

/// A provider with an offer, and a customer.
struct Market<'w> {
    world: &'w World,
    estate: Estate,
    offer: String,
    customer: Client<'w>,
    customer_id: String,
}

impl<'w> Market<'w> {
    async fn new(world: &'w World, more: Value) -> Self {
        let estate = Estate::new(world, "acme").await;
        let offer = publish_to_all(&world.owner(&estate.account), &estate, "open", more).await;
        let globex = world.tenant("globex").await;
        let customer = world.owner(&globex);
        Self { world, estate, offer, customer, customer_id: globex.id.to_string() }
    }

    fn provider(&self) -> Client<'w> {
        self.world.owner(&self.estate.account)
    }

    fn wish(&self) -> Value {
        json!({ "product_publish_id": self.offer, "plan_id": self.estate.id("plans") })
    }

    async fn subscribe(&self) -> Answer {
        self.customer.post(OWN, self.wish()).await.ok(201)
    }
}

#[tokio::test]
async fn without_approval_a_subscription_is_active_at_once() {
    let world = World::new().await;
    let market = Market::new(&world, json!({})).await;
    let made = market.subscribe().await;
    assert_eq!((&made["status"], &made["auto_approved"]), (&json!("active"), &json!(true)));
    assert_eq!((&made["name"], &made["customer_name"]), (&json!("open"), &json!("globex")));
    let there = market.provider().get(&format!("{TO_US}/{}", made.id())).await.ok(200);
    let here = market.customer.get(&format!("{OWN}/{}", made.id())).await.ok(200);
    assert_eq!(there.body, here.body);
    assert_eq!(market.customer.get(OWN).await.ok(200).items().as_slice(), [here.body]);
}

#[tokio::test]
async fn a_subscription_waits_for_approval() {
    let world = World::new().await;
    let market = Market::new(&world, json!({ "approval_required": true })).await;
    let provider = market.provider();
    let made = market.subscribe().await;
    assert_eq!(made["status"], "pending");
    let waiting = provider.get(&format!("{TO_US}?status=pending")).await.ok(200);
    assert_eq!(waiting.items().len(), 1);
    let at = format!("{TO_US}/{}", made.id());
    provider.act(&format!("{at}/suspend")).await.problem(409, "wrong_state");
    let approved = provider.act(&format!("{at}/approve")).await.ok(200);
    assert_eq!(approved["status"], "active");
    assert!(approved["decided_at"].is_string() && approved["started_at"].is_string());
    provider.act(&format!("{at}/approve")).await.problem(409, "wrong_state");
    assert!(provider.get(&format!("{TO_US}?status=pending")).await.ok(200).items().is_empty());
    provider.get(&format!("{TO_US}?status=sleeping")).await.problem(400, "invalid_query");
    assert_eq!(market.customer.get(&format!("{OWN}/{}", made.id())).await.ok(200)["status"], "active");
}

#[tokio::test]
async fn who_is_rejected_sees_why_and_may_ask_again() {
    let world = World::new().await;
    let market = Market::new(&world, json!({ "approval_required": true })).await;
    let first = market.subscribe().await.id();
    let again = market.customer.post(OWN, market.wish()).await;
    again.problem(409, "already_subscribed");
    let reason = json!({ "reason": "Sign the contract first." });
    market.provider().post(&format!("{TO_US}/{first}/reject"), reason).await.ok(200);
    let seen = market.customer.get(&format!("{OWN}/{first}")).await.ok(200);
    assert_eq!((&seen["status"], &seen["reason"]), (&json!("rejected"), &json!("Sign the contract first.")));
    assert!(seen["ended_at"].is_string());
    market.provider().act(&format!("{TO_US}/{first}/approve")).await.problem(409, "wrong_state");
    assert_ne!(market.subscribe().await.id(), first);
}

#[tokio::test]
async fn what_is_suspended_goes_on_when_it_is_resumed() {
    let world = World::new().await;
    let market = Market::new(&world, json!({})).await;
    let at = format!("{TO_US}/{}", market.subscribe().await.id());
    let why = json!({ "reason": "The bill is not paid." });
    let stopped = market.provider().post(&format!("{at}/suspend"), why).await.ok(200);
    assert_eq!((&stopped["status"], &stopped["reason"]), (&json!("suspended"), &json!("The bill is not paid.")));
    let resumed = market.provider().act(&format!("{at}/resume")).await.ok(200);
    assert_eq!((&resumed["status"], &resumed["reason"]), (&json!("active"), &json!(null)));
    market.provider().act(&format!("{at}/resume")).await.problem(409, "wrong_state");
}

#[tokio::test]
async fn a_customer_cancels_and_may_subscribe_anew() {
    let world = World::new().await;
    let market = Market::new(&world, json!({})).await;
    let id = market.subscribe().await.id();
    let at = format!("{OWN}/{id}/cancel");
    let stale = market.customer.clone().with("if-match", "\"7\"").act(&at).await;
    stale.problem(412, "stale_revision");
    let cancelled = market.customer.act(&at).await.ok(200);
    assert_eq!(cancelled["status"], "cancelled");
    market.customer.act(&at).await.problem(409, "wrong_state");
    market.provider().act(&format!("{TO_US}/{id}/resume")).await.problem(409, "wrong_state");
    market.subscribe().await;
}

#[tokio::test]
async fn a_plan_is_one_of_the_offers_own() {
    let world = World::new().await;
    let market = Market::new(&world, json!({})).await;
    let refused = market.customer.post(OWN, json!({ "product_publish_id": market.offer })).await;
    assert_eq!(refused.problem(400, "invalid_body").bad_fields(), ["/plan_id required"]);
    let provider = market.provider();
    let bank = provider.post("/v1/provider/products", json!({ "name": "bank" })).await.ok(201).id();
    let other = provider.post("/v1/provider/plans", switchtower_tests::estate::plan("bronze", &bank)).await.ok(201);
    let wish = json!({ "product_publish_id": market.offer, "plan_id": other.id() });
    let refused = market.customer.post(OWN, wish).await;
    assert_eq!(refused.problem(400, "invalid_body").bad_fields(), ["/plan_id not_found"]);
}

#[tokio::test]
async fn only_what_is_open_can_be_subscribed_to() {
    let world = World::new().await;
    let market = Market::new(&world, json!({})).await;
    let refused = |answer: Answer| {
        assert_eq!(answer.problem(400, "invalid_body").bad_fields(), ["/product_publish_id not_found"]);
    };
    let mut private = market.wish();
    private["product_publish_id"] = json!(market.estate.id("product-publishes"));
    refused(market.customer.post(OWN, private).await);
    let tenant = format!("/v1/admin/tenants/{}", market.estate.account.id);
    world.system_admin().act(&format!("{tenant}/suspend")).await.ok(200);
    refused(market.customer.post(OWN, market.wish()).await);
    world.system_admin().act(&format!("{tenant}/activate")).await.ok(200);
    market.provider().act(&format!("/v1/provider/product-publishes/{}/withdraw", market.offer)).await.ok(200);
    refused(market.customer.post(OWN, market.wish()).await);
}

#[tokio::test]
async fn what_somebody_subscribed_to_stays() {
    let world = World::new().await;
    let market = Market::new(&world, json!({})).await;
    let provider = market.provider();
    let plan = json!({ "name": "silver", "product_id": market.estate.id("products"), "pricing_model": "free" });
    let plan = provider.post("/v1/provider/plans", plan).await.ok(201).id();
    let wish = json!({ "product_publish_id": market.offer, "plan_id": plan });
    let id = market.customer.post(OWN, wish).await.ok(201).id();
    let refused = provider.delete(&format!("/v1/provider/plans/{plan}")).await.problem(409, "in_use");
    assert_eq!(refused["used_by"][0]["id"], json!(id));
    let why = json!({ "reason": "The product ends." });
    provider.post(&format!("{TO_US}/{id}/cancel"), why).await.ok(200);
    provider.delete(&format!("/v1/provider/plans/{plan}")).await.ok(204);
    assert_eq!(market.customer.get(&format!("{OWN}/{id}")).await.ok(200)["reason"], "The product ends.");
}

#[tokio::test]
async fn each_side_hears_of_it_and_neither_learns_who_the_other_is() {
    let world = World::new().await;
    let market = Market::new(&world, json!({ "approval_required": true })).await;
    let id = market.subscribe().await.id();
    let provider = market.provider();
    provider.act(&format!("{TO_US}/{id}/approve")).await.ok(200);
    let log = format!("/v1/admin/events?subject={id}");
    let (here, there) = (market.customer.get(&log).await.ok(200), provider.get(&log).await.ok(200));
    let told = |log: &Answer| -> Vec<(String, String)> {
        let text = |event: &Value, field: &str| event[field].as_str().unwrap().to_owned();
        log.items().iter().map(|event| (text(event, "type"), text(event, "actor"))).collect()
    };
    let (globex, acme) = (&market.customer_id, market.estate.account.id);
    let (ours, theirs) = (told(&here), told(&there));
    assert_eq!(ours[0], ("subscription.approved".to_owned(), format!("tenant:{acme}")));
    assert!(ours[1].0 == "subscription.created" && ours[1].1.starts_with("user:"), "{ours:?}");
    assert!(theirs[0].0 == "subscription.approved" && theirs[0].1.starts_with("user:"), "{theirs:?}");
    assert_eq!(theirs[1], ("subscription.created".to_owned(), format!("tenant:{globex}")));
    let seen = provider.get(&format!("{TO_US}/{id}")).await.ok(200);
    assert_eq!(seen["created_by"], json!(format!("tenant:{globex}")));
    assert_eq!(seen["updated_by"], json!(format!("tenant:{acme}")));
}

#[tokio::test]
async fn a_third_tenant_sees_and_changes_nothing() {
    let world = World::new().await;
    let market = Market::new(&world, json!({})).await;
    let id = market.subscribe().await.id();
    let third = world.owner(&world.tenant("initech").await);
    for path in [format!("{OWN}/{id}"), format!("{TO_US}/{id}")] {
        third.get(&path).await.problem(404, "not_found");
    }
    third.act(&format!("{OWN}/{id}/cancel")).await.problem(404, "not_found");
    third.act(&format!("{TO_US}/{id}/suspend")).await.problem(404, "not_found");
    // The customer is no provider of it, and the provider no customer.
    market.customer.act(&format!("{TO_US}/{id}/suspend")).await.problem(404, "not_found");
    market.provider().act(&format!("{OWN}/{id}/cancel")).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_consumer_subscribes_and_a_viewer_looks() {
    let world = World::new().await;
    let market = Market::new(&world, json!({})).await;
    let account = world.tenant("initech").await;
    for (user, role) in [("con", Role::Consumer), ("vic", Role::Viewer)] {
        world.member(&account, user, &[role]).await;
    }
    world.user("vic").post(OWN, market.wish()).await.problem(403, "permission_denied");
    let id = world.user("con").post(OWN, market.wish()).await.ok(201).id();
    world.user("vic").get(&format!("{OWN}/{id}")).await.ok(200);
    world.user("con").get(TO_US).await.problem(403, "permission_denied");
}

#[tokio::test]
async fn two_wishes_at_once_make_one_subscription() {
    let world = World::new().await;
    let market = Market::new(&world, json!({})).await;
    let (one, two) = tokio::join!(market.customer.post(OWN, market.wish()), market.customer.post(OWN, market.wish()));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(market.customer.get(OWN).await.ok(200).items().len(), 1);
}
