//! `/v1/agent/heartbeats`, and what follows from silence.

use jiff::SignedDuration;
use serde_json::{Value, json};
use switchtower_tests::{Estate, World};

fn beat() -> Value {
    json!({ "version": "0.1.0", "applied_version": 0 })
}

/// The statuses of agent and cluster, and whether the deployment is stale.
async fn fleet(world: &World, estate: &Estate) -> (String, String, bool) {
    let owner = world.owner(&estate.account);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let agent = owner.get(&estate.path("/v1/operator/agents/{id}")).await.ok(200);
    let cluster = owner.get(&estate.path("/v1/operator/clusters/{id}")).await.ok(200);
    let deployment = owner.get(&estate.path("/v1/operator/deployments/{id}")).await.ok(200);
    (text(&agent["status"]), text(&cluster["status"]), deployment["stale"].as_bool().unwrap())
}

fn seen(agent: &str, cluster: &str, stale: bool) -> (String, String, bool) {
    (agent.to_owned(), cluster.to_owned(), stale)
}

#[tokio::test]
async fn a_heartbeat_is_answered_with_the_desired_version() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    let answer = agent.post("/v1/agent/heartbeats", beat()).await.ok(200);
    assert_eq!((&answer["desired_version"], &answer["heartbeat_seconds"]), (&json!(1), &json!(30)));
}

#[tokio::test]
async fn silence_shows_and_ends_with_the_next_heartbeat() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    estate.agent.client(&world).post("/v1/agent/heartbeats", beat()).await.ok(200);
    let watch = || async { world.control.fleet_watch(&world.context()).await.unwrap() };
    watch().await;
    assert_eq!(fleet(&world, &estate).await, seen("online", "active", false));
    world.clock.advance(SignedDuration::from_secs(100));
    watch().await;
    assert_eq!(fleet(&world, &estate).await, seen("degraded", "active", false));
    world.clock.advance(SignedDuration::from_secs(210));
    watch().await;
    assert_eq!(fleet(&world, &estate).await, seen("offline", "inactive", true));
    let again = watch().await;
    assert_eq!((again.offline, again.inactive, again.stale), (0, 0, 0));
    // The clock of the token is the machine's, which did not move.
    estate.agent.client(&world).post("/v1/agent/heartbeats", beat()).await.ok(200);
    assert_eq!(fleet(&world, &estate).await, seen("online", "active", false));
}

#[tokio::test]
async fn what_is_published_to_a_silent_cluster_is_stale_until_it_is_heard() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let owner = world.owner(&estate.account);
    world.clock.advance(SignedDuration::from_secs(400));
    world.control.fleet_watch(&world.context()).await.unwrap();
    owner.act(&estate.path("/v1/provider/product-publishes/{id}/withdraw")).await.ok(200);
    assert_eq!(fleet(&world, &estate).await, seen("offline", "inactive", true));
    let answer = estate.agent.client(&world).post("/v1/agent/heartbeats", beat()).await.ok(200);
    assert_eq!(answer["desired_version"], 2);
    assert_eq!(fleet(&world, &estate).await, seen("online", "active", false));
}

#[tokio::test]
async fn an_agent_that_stops_says_so() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let last = json!({ "version": "0.1.0", "applied_version": 1, "draining": true });
    estate.agent.client(&world).post("/v1/agent/heartbeats", last).await.ok(200);
    assert_eq!(fleet(&world, &estate).await.0, "draining");
}

#[tokio::test]
async fn heartbeats_are_checked() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let agent = estate.agent.client(&world);
    for bad in
        [json!({}), json!({ "version": "", "applied_version": 0 }), json!({ "version": "1", "applied_version": -1 })]
    {
        agent.post("/v1/agent/heartbeats", bad).await.problem(400, "invalid_body");
    }
}

#[tokio::test]
async fn what_an_agent_can_do_is_kept_with_its_cluster_and_publishing_heeds_it() {
    let world = World::new().await;
    let estate = Estate::new(&world, "acme").await;
    let (owner, agent) = (world.owner(&estate.account), estate.agent.client(&world));
    let cluster = estate.path("/v1/operator/clusters/{id}");
    let tell = |capabilities: serde_json::Value| {
        agent.post(
            "/v1/agent/heartbeats",
            json!({ "version": "0.1.0", "applied_version": 0, "capabilities": capabilities }),
        )
    };
    assert_eq!(owner.get(&cluster).await.ok(200)["capabilities"], json!(null));
    let problem = json!({ "code": "gateway_class_missing", "message": "Install Envoy Gateway." });
    let poor = json!({ "driver": "kubernetes", "gateway_classes": [], "apis": [], "problems": [problem] });
    tell(poor).await.ok(200);
    let told = owner.get(&cluster).await.ok(200);
    assert_eq!(told["capabilities"]["problems"][0]["code"], "gateway_class_missing");

    let publish = estate.path("/v1/provider/product-publishes/{id}");
    let refused = owner.act(&format!("{publish}/publish")).await.problem(409, "not_publishable");
    assert_eq!(refused.bad_fields(), [format!("/gateway/{}/class not_supported", estate.id("gateways"))]);
    assert!(refused["errors"][0]["detail"].as_str().unwrap().ends_with("Install Envoy Gateway."));

    let (gateway_api, envoy) = ("gateway.networking.k8s.io/v1", "gateway.envoyproxy.io/v1alpha1");
    let apis = [format!("{gateway_api}/Gateway"), format!("{gateway_api}/HTTPRoute"), format!("{envoy}/Backend")];
    let old = json!({ "driver": "kubernetes", "gateway_classes": ["envoy"], "apis": apis, "namespace": "edge" });
    tell(old.clone()).await.ok(200);
    let refused = owner.act(&format!("{publish}/preview")).await.problem(409, "not_publishable");
    let told: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| error["detail"].to_string()).collect();
    assert!(told.iter().any(|detail| detail.contains("BackendTLSPolicy")), "{told:?}");

    let mut whole = old;
    whole["apis"] = json!([]);
    tell(whole.clone()).await.ok(200);
    let preview = owner.act(&format!("{publish}/preview")).await.ok(200);
    assert_eq!(preview["objects"][0]["namespace"], "edge");
    let revision = owner.get(&cluster).await.ok(200)["revision"].clone();
    tell(whole).await.ok(200);
    assert_eq!(owner.get(&cluster).await.ok(200)["revision"], revision, "the same again is no change");
}
