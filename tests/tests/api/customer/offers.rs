//! `/v1/customer/offers`

use serde_json::{Value, json};
use switchtower_domain::role::Role;
use switchtower_tests::{Client, Estate, World, estate};

const OFFERS: &str = "/v1/customer/offers";

/// Publishes the estate's product once more, to everybody.
pub async fn publish_to_all(owner: &Client<'_>, estate: &Estate, name: &str, more: Value) -> String {
    let ids = ["products", "gateways", "clusters"].map(|kind| estate.id(kind));
    let mut publish = estate::publish(name, ids[0], ids[1], ids[2]);
    publish["visibility"] = json!("public");
    for (field, value) in more.as_object().into_iter().flatten() {
        publish[field.as_str()] = value.clone();
    }
    let id = owner.post("/v1/provider/product-publishes", publish).await.ok(201).id();
    owner.act(&format!("/v1/provider/product-publishes/{id}/publish")).await.ok(200);
    id
}

#[tokio::test]
async fn everybody_sees_what_is_public_while_it_is_published() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let customer = world.owner(&world.tenant("globex").await);
    assert!(customer.get(OFFERS).await.ok(200).items().is_empty(), "a private publish is listed");
    let id = publish_to_all(&owner, &estate, "open", json!({ "hostnames": ["open.example.com"] })).await;
    let listed = customer.get(OFFERS).await.ok(200);
    assert_eq!(listed.items().len(), 1, "{:#}", listed.body);
    let offer = &listed["items"][0];
    assert_eq!(offer["product_publish_id"], json!(id));
    assert_eq!((&offer["provider"], &offer["product_name"]), (&json!("acme"), &json!("shop")));
    let got = customer.get(&format!("{OFFERS}/{id}")).await.ok(200);
    assert_eq!(got["plans"][0]["name"], "gold");
    assert_eq!((&got["auth"], &got["approval_required"]), (&json!("none"), &json!(false)));
    owner.act(&format!("/v1/provider/product-publishes/{id}/withdraw")).await.ok(200);
    assert!(customer.get(OFFERS).await.ok(200).items().is_empty());
    customer.get(&format!("{OFFERS}/{id}")).await.problem(404, "not_found");
}

#[tokio::test]
async fn an_offer_tells_nothing_of_where_and_how_it_runs() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let auth = json!({ "auth": { "api_key": { "headers": ["x-key"], "credentials_ref": "the-secret" } } });
    let id = publish_to_all(&world.owner(&estate.account), &estate, "open", auth).await;
    let customer = world.owner(&world.tenant("globex").await);
    let text = customer.get(&format!("{OFFERS}/{id}")).await.ok(200).body.to_string();
    for own in [estate.id("clusters"), estate.id("gateways"), estate.id("deployments"), "the-secret", "x-key", "user:"]
    {
        assert!(!text.contains(own), "`{own}` is told: {text}");
    }
}

#[tokio::test]
async fn a_private_offer_is_for_its_own_tenant() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let path = format!("{OFFERS}/{}", estate.id("product-publishes"));
    world.owner(&estate.account).get(&path).await.ok(200);
    world.owner(&world.tenant("globex").await).get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn offers_are_paged() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let mut made = Vec::new();
    for name in ["one", "two", "three"] {
        let host = json!({ "hostnames": [format!("{name}.example.com")] });
        made.push(publish_to_all(&owner, &estate, name, host).await);
    }
    let account = world.tenant("globex").await;
    world.member(&account, "ann", &[Role::Consumer]).await;
    let customer = world.user("ann");
    let first = customer.get(&format!("{OFFERS}?limit=2")).await.ok(200);
    let next = first["next_cursor"].as_str().unwrap().to_owned();
    let second = customer.get(&format!("{OFFERS}?limit=2&cursor={next}")).await.ok(200);
    let ids = |page: &[Value]| page.iter().map(|it| it["product_publish_id"].as_str().unwrap().to_owned()).collect();
    let (mut seen, rest): (Vec<String>, Vec<String>) = (ids(first.items()), ids(second.items()));
    assert_eq!((seen.len(), rest.len(), &second["next_cursor"]), (2, 1, &json!(null)));
    seen.extend(rest);
    seen.sort();
    made.sort();
    assert_eq!(seen, made);
}
