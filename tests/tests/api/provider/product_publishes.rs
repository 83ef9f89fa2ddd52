//! `/v1/provider/product-publishes`

use serde_json::{Value, json};
use switchtower_tests::{Estate, World, estate};

const PUBLISHES: &str = "/v1/provider/product-publishes";

fn input(estate: &Estate, name: &str) -> Value {
    estate::publish(name, estate.id("products"), estate.id("gateways"), estate.id("clusters"))
}

#[tokio::test]
async fn a_publish_names_its_cluster() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let mut without = input(&estate, "second");
    without.as_object_mut().unwrap().remove("cluster_id");
    owner.post(PUBLISHES, without).await.problem(400, "cluster_required");
}

#[tokio::test]
async fn publishes_are_listed_by_cluster() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let paris = owner.post("/v1/operator/clusters", json!({ "name": "paris" })).await.ok(201).id();
    let there = estate::publish("there", estate.id("products"), estate.id("gateways"), &paris);
    let there = owner.post(PUBLISHES, there).await.ok(201).id();
    assert_eq!(owner.get(PUBLISHES).await.ok(200).items().len(), 2);
    let listed = owner.get(&format!("{PUBLISHES}?cluster_id={paris}")).await.ok(200);
    assert_eq!(listed.items().len(), 1);
    assert_eq!(listed.items()[0]["id"], json!(there));
}

#[tokio::test]
async fn publishing_again_without_a_change_makes_no_generation() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/provider/product-publishes/{id}");
    let before = owner.get(&path).await.ok(200);
    let again = owner.act(&format!("{path}/publish")).await.ok(200);
    assert_eq!(again.body, before.body);
    let deployment = owner.get(&estate.path("/v1/provider/deployments/{id}")).await.ok(200);
    assert_eq!(deployment["generation"], 1);
}

#[tokio::test]
async fn edits_reach_the_cluster_when_it_is_published_again() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let route = estate::route("second", estate.id("backends"));
    owner.post(&estate.path("/v1/provider/api-services/{id}/routes"), route).await.ok(201);
    let desired = estate.path("/v1/agent/deployments/{id}");
    let routes = |body: &Value| body["snapshot"]["api_services"][0]["routes"].as_array().unwrap().len();
    assert_eq!(routes(&agent.get(&desired).await.ok(200).body), 1);
    owner.act(&estate.path("/v1/provider/product-publishes/{id}/publish")).await.ok(200);
    let after = agent.get(&desired).await.ok(200);
    assert_eq!((routes(&after.body), &after["generation"]), (2, &json!(2)));
}

#[tokio::test]
async fn a_publish_is_withdrawn_once_and_published_again() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/provider/product-publishes/{id}");
    assert_eq!(owner.act(&format!("{path}/withdraw")).await.ok(200)["status"], "withdrawn");
    let again = owner.act(&format!("{path}/withdraw")).await.problem(409, "wrong_state");
    assert_eq!(again["current_state"], "withdrawn");
    let back = owner.act(&format!("{path}/publish")).await.ok(200);
    assert_eq!(back["status"], "published");
    assert_eq!(back["deployment_id"], json!(estate.id("deployments")));
}

#[tokio::test]
async fn a_draft_is_edited_and_deleted_and_a_published_one_is_not() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let draft = owner.post(PUBLISHES, input(&estate, "second")).await.ok(201);
    assert_eq!(draft["status"], "draft");
    let path = format!("{PUBLISHES}/{}", draft.id());
    owner.act(&format!("{path}/withdraw")).await.problem(409, "wrong_state");
    owner.patch(&path, json!({ "hostnames": ["shop.example.com"] })).await.ok(200);
    owner.delete(&path).await.ok(204);
    owner.delete(&path).await.problem(404, "not_found");
    let published = estate.path("/v1/provider/product-publishes/{id}");
    owner.patch(&published, json!({ "hostnames": [] })).await.problem(409, "wrong_state");
    owner.put(&published, input(&estate, "shop")).await.problem(409, "wrong_state");
    owner.delete(&published).await.problem(409, "wrong_state");
}

#[tokio::test]
async fn what_is_in_the_way_of_publishing_is_told_at_once() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    owner.act(&estate.path("/v1/provider/gateways/{id}/deactivate")).await.ok(200);
    owner.act(&estate.path("/v1/provider/products/{id}/draft")).await.ok(200);
    owner.act(&estate.path("/v1/provider/api-services/{id}/deactivate")).await.ok(200);
    let refused = owner.act(&estate.path("/v1/provider/product-publishes/{id}/publish")).await;
    let fields = refused.problem(409, "not_publishable").bad_fields();
    assert_eq!(
        fields,
        [
            format!("/api_service/{}/status api_service_not_active", estate.id("api-services")),
            format!("/gateway/{}/status gateway_not_active", estate.id("gateways")),
            format!("/product/{}/status product_not_active", estate.id("products")),
        ]
    );
}

#[tokio::test]
async fn a_publish_that_was_removed_from_its_cluster_is_deleted() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let path = estate.path("/v1/provider/product-publishes/{id}");
    owner.act(&format!("{path}/withdraw")).await.ok(200);
    let report = json!({ "deployment_id": estate.id("deployments"), "generation": 2, "outcome": "applied" });
    agent.post("/v1/agent/reports", report).await.ok(200);
    owner.delete(&path).await.problem(409, "in_use");
    owner.act(&estate.path("/v1/provider/subscriptions/{id}/cancel")).await.ok(200);
    owner.delete(&path).await.ok(204);
    owner.delete(&estate.path("/v1/operator/clusters/{id}")).await.ok(204);
}

#[tokio::test]
async fn a_reason_has_a_limit() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/provider/product-publishes/{id}/withdraw");
    owner.post(&path, json!({ "reason": "x".repeat(501) })).await.problem(400, "invalid_body");
    owner.post(&path, json!({ "why": "x" })).await.problem(400, "invalid_body");
}

#[tokio::test]
async fn a_preview_tells_what_would_change_and_changes_nothing() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/provider/product-publishes/{id}");
    let before = owner.get(&path).await.ok(200);
    let same = owner.act(&format!("{path}/preview")).await.ok(200);
    assert_eq!((&same["unchanged"], &same["deployed_generation"]), (&json!(true), &json!(1)));
    assert_eq!((&same["changes"], &same["diff"]), (&json!([]), &json!("")));
    assert!(same["objects"][0]["text"].as_str().unwrap().contains("kind: Gateway"));

    let route = estate.path("/v1/provider/api-services/{id}/routes");
    let route = format!("{route}/{}", estate.id("routes"));
    let mut edited = owner.get(&route).await.ok(200).body;
    let input = edited.as_object_mut().unwrap();
    input.remove("id");
    input.insert("path".to_owned(), json!({ "type": "prefix", "value": "/elsewhere" }));
    owner.put(&route, edited).await.ok(200);
    let changed = owner.act(&format!("{path}/preview")).await.ok(200);
    assert_eq!(changed["unchanged"], false);
    let changes = changed["changes"].as_array().unwrap();
    assert_eq!(
        (changes.len(), &changes[0]["kind"], &changes[0]["change"]),
        (1, &json!("HTTPRoute"), &json!("changed"))
    );
    let field = &changes[0]["fields"][0];
    assert_eq!(
        (&field["pointer"], &field["after"]),
        (&json!("/spec/rules/0/matches/0/path/value"), &json!("/elsewhere"))
    );
    assert!(changed["diff"].as_str().unwrap().contains("+        value: /elsewhere"), "{}", changed["diff"]);
    assert_eq!(owner.get(&path).await.ok(200).body, before.body);
    let deployment = owner.get(&estate.path("/v1/provider/deployments/{id}")).await.ok(200);
    assert_eq!(deployment["generation"], 1);

    owner.act(&estate.path("/v1/provider/gateways/{id}/deactivate")).await.ok(200);
    owner.act(&format!("{path}/preview")).await.problem(409, "not_publishable");
}

#[tokio::test]
async fn a_rollback_deploys_an_old_snapshot_as_a_new_generation_and_changes_nothing_else() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let path = estate.path("/v1/provider/product-publishes/{id}");
    let desired = estate.path("/v1/agent/deployments/{id}");
    let first = agent.get(&desired).await.ok(200);
    let routes = estate.path("/v1/provider/api-services/{id}/routes");
    owner.post(&routes, estate::route("later", estate.id("backends"))).await.ok(201);
    owner.act(&format!("{path}/publish")).await.ok(200);
    let service = owner.get(&estate.path("/v1/provider/api-services/{id}")).await.ok(200);

    let back = json!({ "generation": 1, "reason": "the new route is wrong" });
    assert_eq!(owner.post(&format!("{path}/rollback"), back.clone()).await.ok(200)["status"], "published");
    let third = agent.get(&desired).await.ok(200);
    assert_eq!((&third["generation"], &third["digest"]), (&json!(3), &first["digest"]));
    assert_eq!(third["snapshot"], first["snapshot"]);
    assert_eq!(owner.get(&estate.path("/v1/provider/api-services/{id}")).await.ok(200).body, service.body);
    let generations = owner.get(&estate.path("/v1/provider/deployments/{id}/generations")).await.ok(200);
    let newest = &generations.items()[0];
    assert_eq!((&newest["restored_from"], &newest["reason"]), (&json!(1), &json!("the new route is wrong")));

    // The same again is nothing new.
    owner.post(&format!("{path}/rollback"), back).await.ok(200);
    assert_eq!(agent.get(&desired).await.ok(200)["generation"], 3);
    // Publishing deploys what the product is.
    owner.act(&format!("{path}/publish")).await.ok(200);
    let fourth = agent.get(&desired).await.ok(200);
    assert_eq!(fourth["snapshot"]["api_services"][0]["routes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn only_a_generation_that_deployed_something_is_rolled_back_to() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let path = estate.path("/v1/provider/product-publishes/{id}");
    let to = |generation: u64| json!({ "generation": generation });
    owner.post(&format!("{path}/rollback"), to(9)).await.problem(404, "generation_not_found");
    owner.act(&format!("{path}/withdraw")).await.ok(200);
    let refused = owner.post(&format!("{path}/rollback"), to(1)).await.problem(409, "wrong_state");
    assert_eq!(refused["current_state"], "withdrawn");
    owner.act(&format!("{path}/publish")).await.ok(200);
    owner.post(&format!("{path}/rollback"), to(2)).await.problem(404, "generation_not_found");
}

#[tokio::test]
async fn only_active_routes_are_published_and_of_these_the_chosen_ones() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let routes = estate.path("/v1/provider/api-services/{id}/routes");
    let mut draft = estate::route("draft", estate.id("backends"));
    draft["status"] = json!("draft");
    let draft = owner.post(&routes, draft).await.ok(201);
    let other = owner.post(&routes, estate::route("other", estate.id("backends"))).await.ok(201).id();
    let path = estate.path("/v1/provider/product-publishes/{id}");
    owner.act(&format!("{path}/publish")).await.ok(200);
    let desired = estate.path("/v1/agent/deployments/{id}");
    let count = |body: &Value| body["snapshot"]["api_services"][0]["routes"].as_array().unwrap().len();
    assert_eq!(count(&agent.get(&desired).await.ok(200).body), 2);

    let mut chosen = input(&estate, "chosen");
    chosen["route_ids"] = json!([other, draft.id()]);
    let chosen = owner.post(PUBLISHES, chosen).await.ok(201).id();
    let refused = owner.act(&format!("{PUBLISHES}/{chosen}/publish")).await.problem(409, "not_publishable");
    assert_eq!(refused.bad_fields(), [format!("/product_publish/{chosen}/route_ids/1 unknown_route")]);
    owner.patch(&format!("{PUBLISHES}/{chosen}"), json!({ "route_ids": [other] })).await.ok(200);
    let published = owner.act(&format!("{PUBLISHES}/{chosen}/publish")).await.ok(200);
    let deployment = published["deployment_id"].as_str().unwrap();
    assert_eq!(count(&agent.get(&format!("/v1/agent/deployments/{deployment}")).await.ok(200).body), 1);
}

#[tokio::test]
async fn the_chosen_api_services_of_the_product_are_published() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let billing = owner.post("/v1/provider/api-services", json!({ "name": "billing" })).await.ok(201).id();
    let orders = estate.id("api-services").to_owned();
    let both = json!({ "api_services": [orders, billing] });
    owner.patch(&estate.path("/v1/provider/products/{id}"), both).await.ok(200);

    // The other API service is neither active nor has it a route: it is in nobody's way.
    let (strange, route) = ("api_01k2m5z8h3v9q4x7n6p0r2s1t5", estate.id("routes"));
    let mut chosen = input(&estate, "chosen");
    chosen["api_service_ids"] = json!([orders, strange]);
    let chosen = owner.post(PUBLISHES, chosen).await.ok(201).id();
    let path = format!("{PUBLISHES}/{chosen}");
    for verb in ["publish", "preview"] {
        let refused = owner.act(&format!("{path}/{verb}")).await.problem(409, "not_publishable");
        let expected = format!("/product_publish/{chosen}/api_service_ids/1 unknown_api_service");
        assert_eq!(refused.bad_fields(), [expected], "{verb}");
    }
    owner.patch(&path, json!({ "api_service_ids": [orders] })).await.ok(200);
    let published = owner.act(&format!("{path}/publish")).await.ok(200);
    assert_eq!(published["api_service_ids"], json!([orders]));
    assert_eq!(published["published_api_services"], json!([orders]));
    let deployment = published["deployment_id"].as_str().unwrap();
    let fetched = agent.get(&format!("/v1/agent/deployments/{deployment}")).await.ok(200);
    let services = fetched["snapshot"]["api_services"].as_array().unwrap();
    assert_eq!(services.iter().map(|service| &service["id"]).collect::<Vec<_>>(), [&json!(orders)]);

    let mut elsewhere = input(&estate, "elsewhere");
    elsewhere["api_service_ids"] = json!([billing]);
    elsewhere["route_ids"] = json!([route]);
    let elsewhere = owner.post(PUBLISHES, elsewhere).await.ok(201).id();
    let refused = owner.act(&format!("{PUBLISHES}/{elsewhere}/publish")).await.problem(409, "not_publishable");
    let unknown = format!("/product_publish/{elsewhere}/route_ids/0 unknown_route");
    assert!(refused.bad_fields().contains(&unknown), "{:?}", refused.bad_fields());

    let mut twice = input(&estate, "twice");
    twice["api_service_ids"] = json!([orders, orders]);
    let refused = owner.post(PUBLISHES, twice).await.problem(400, "invalid_body");
    assert_eq!(refused.bad_fields(), ["/api_service_ids/1 duplicate"]);
}

#[tokio::test]
async fn a_host_name_template_is_filled_when_it_is_published() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let mut templated = input(&estate, "templated");
    templated["hostname_template"] = json!("{product}.{environment}.{region}.example.com");
    templated["auth"] = json!({ "api_key": { "headers": ["x-api-key"], "credentials_ref": "clients" } });
    let templated = owner.post(PUBLISHES, templated).await.ok(201).id();
    let path = format!("{PUBLISHES}/{templated}/publish");
    let refused = owner.act(&path).await.problem(409, "not_publishable").bad_fields();
    assert_eq!(refused, [format!("/product_publish/{templated}/hostname_template hostname_template")]);
    owner.patch(&estate.path("/v1/operator/clusters/{id}"), json!({ "region": "eu-1" })).await.ok(200);
    let deployment = owner.act(&path).await.ok(200)["deployment_id"].as_str().unwrap().to_owned();
    let fetched = agent.get(&format!("/v1/agent/deployments/{deployment}")).await.ok(200);
    assert_eq!(fetched["snapshot"]["publish"]["hostnames"], json!(["shop.prod.eu-1.example.com"]));
    assert_eq!(fetched["snapshot"]["publish"]["auth"]["api_key"]["credentials_ref"], "clients");
    let mut bad = input(&estate, "bad");
    bad["hostname_template"] = json!("{tenant}.example.com");
    owner.post(PUBLISHES, bad).await.problem(400, "invalid_body");
}

#[tokio::test]
async fn what_the_gateway_class_cannot_do_is_refused_with_the_field() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    let routes = estate.path("/v1/provider/api-services/{id}/routes");
    let mut first = estate::route("first", estate.id("backends"));
    first["priority"] = json!(5);
    let first = owner.post(&routes, first).await.ok(201).id();
    let refused = owner.act(&estate.path("/v1/provider/product-publishes/{id}/publish")).await;
    assert_eq!(
        refused.problem(409, "not_publishable").bad_fields(),
        [format!("/route/{first}/priority not_supported")]
    );
    let classes = world.anyone().get("/v1/public/gateway-classes").await.ok(200);
    let envoy = classes.items().iter().find(|class| class["class"] == "envoy").unwrap().clone();
    let told = envoy["features"].as_array().unwrap().iter().find(|one| one["feature"] == "route_priority").unwrap();
    assert_eq!(told["supported"], false);
}
