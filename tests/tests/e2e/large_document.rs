//! A large OpenAPI document, all the way: import, preview, traffic through a real gateway, change, diff, rollback, import
//! again, withdraw.

use std::fs;

use serde_json::{Value, json};

use crate::support::{AgentProcess, Backend, Caller, Gateway, World, until, world};

/// GitHub's own description of its API: 13 MB, hundreds of paths.
fn document() -> Vec<u8> {
    let path = std::env::var("SWITCHTOWER_DOCUMENT").expect("`scripts/test e2e` fetches the document and names it");
    fs::read(path).expect("the document can be read")
}

/// A product of one API service behind an nginx.
struct Story {
    me: Caller,
    service: String,
    product: String,
    publish: String,
}

impl Story {
    /// Imports the document, sends its requests to a backend of the test's own, and makes all that a publish needs.
    async fn draft(world: &World, cluster: &Value, gateway: &Gateway, backend: &Backend) -> Self {
        let me = world.me.clone();
        let name = world::unique("github");
        let service = me.post("/v1/provider/api-services", json!({ "name": name })).await.ok().id();
        let at = format!("/v1/provider/api-services/{service}");
        let imported = me.upload_compressed(&format!("{at}/import"), document()).await.ok().body;
        let count = imported["route_count"].as_u64().unwrap();
        assert!(count > 700, "{count} routes");
        // By hand: it must survive the next import.
        for own in me.items(&format!("{at}/backends")).await {
            let endpoints = json!([{ "host": "127.0.0.1", "port": backend.port }]);
            let input = json!({ "name": own["name"], "scheme": "http", "endpoints": endpoints });
            me.put(&format!("{at}/backends/{}", world::id(&own)), input).await.ok();
        }
        me.act(&format!("{at}/activate")).await.ok();

        let listeners = json!([{ "name": "http", "port": gateway.port, "protocol": "HTTP" }]);
        let template = json!({ "name": name, "class": "nginx", "listeners": listeners });
        let template = me.post("/v1/provider/gateways", template).await.ok().id();
        me.act(&format!("/v1/provider/gateways/{template}/activate")).await.ok();
        let product = json!({ "name": name, "api_services": [service] });
        let product = me.post("/v1/provider/products", product).await.ok().id();
        me.act(&format!("/v1/provider/products/{product}/activate")).await.ok();
        let publish = json!({
            "name": name, "product_id": product, "gateway_id": template, "cluster_id": world::id(cluster),
            "environment": "prod",
        });
        let publish = me.post("/v1/provider/product-publishes", publish).await.ok().id();
        Self { me, service, product, publish }
    }

    async fn act(&self, verb: &str, body: Value) -> Value {
        self.me.post(&format!("/v1/provider/product-publishes/{}/{verb}", self.publish), body).await.ok().body
    }

    /// Renames a path by hand.
    async fn move_route(&self, from: &str, to: &str) {
        let at = format!("/v1/provider/api-services/{}/routes", self.service);
        let mut route = self.me.items(&at).await.into_iter().find(|route| route["path"]["value"] == from).unwrap();
        let path = format!("{at}/{}", world::id(&route));
        route["path"]["value"] = json!(to);
        let fields = route.as_object_mut().unwrap();
        fields.retain(|field, _| field != "id" && field != "origin");
        self.me.put(&path, route).await.ok();
    }
}

#[tokio::test]
async fn a_large_document_is_imported_previewed_published_changed_rolled_back_and_withdrawn() {
    let world = World::new().await;
    let cluster = world.cluster().await;
    let (gateway, backend) = (Gateway::new(), Backend::start().await);
    let agent = AgentProcess::start_nginx(&world, &cluster).await;
    let story = Story::draft(&world, &cluster, &gateway, &backend).await;

    let preview = story.act("preview", json!({})).await;
    assert_eq!((&preview["deployed_generation"], &preview["unchanged"]), (&Value::Null, &json!(false)));
    assert!(preview["changes"].as_array().unwrap().iter().all(|change| change["change"] == "added"));

    let deployment =
        story.act("publish", json!({ "reason": "first" })).await["deployment_id"].as_str().unwrap().to_owned();
    world.deployment_when(&deployment, 1, "ready", 90).await;
    let answered = |method: &'static str, path: &'static str| gateway.asked(method, path);
    assert_eq!(answered("GET", "/gitignore/templates/Rust").await.unwrap().1["path"], "/gitignore/templates/Rust");
    assert_eq!(answered("POST", "/repos/a/b/issues").await.unwrap().1["method"], "POST");
    assert_eq!(answered("GET", "/emojis").await.unwrap().0, 200);
    assert_eq!(answered("DELETE", "/emojis").await.unwrap().0, 404, "a method that the document does not have");
    assert_eq!(answered("GET", "/no/such/path").await.unwrap().0, 404);

    // What went through is told.
    let summary = format!("/v1/provider/analytics/summary?range=1h&product_publish_id={}", story.publish);
    let told = until("the requests are counted", 150, async || {
        let summary = world.me.get(&summary).await.ok().body;
        if summary["requests"].as_u64() >= Some(5) { Ok(summary) } else { Err(summary.to_string()) }
    })
    .await;
    assert_eq!((&told["requests"], &told["client_errors"]), (&json!(5), &json!(2)), "{told:#}");
    assert_eq!(told["publishes"][0]["measured"], true, "{told:#}");

    // A change by hand: seen before, deployed, and seen in traffic.
    story.move_route("/emojis", "/smileys").await;
    let preview = story.act("preview", json!({})).await;
    assert_eq!((&preview["deployed_generation"], &preview["unchanged"]), (&json!(1), &json!(false)));
    let diff = preview["diff"].as_str().expect("the diff fits into an answer");
    assert!(diff.lines().any(|line| line.starts_with('+') && line.contains("smileys")), "{diff}");
    assert!(diff.lines().any(|line| line.starts_with('-') && line.contains("emojis")), "{diff}");
    assert_eq!(answered("GET", "/smileys").await.unwrap().0, 404, "a preview changes nothing");
    story.act("publish", json!({})).await;
    world.deployment_when(&deployment, 2, "ready", 90).await;
    assert_eq!(answered("GET", "/smileys").await.unwrap().0, 200);
    assert_eq!(answered("GET", "/emojis").await.unwrap().0, 404);

    // Back to what was, and nothing else changes.
    story.act("rollback", json!({ "generation": 1, "reason": "clients ask for the old path" })).await;
    world.deployment_when(&deployment, 3, "ready", 90).await;
    assert_eq!(answered("GET", "/emojis").await.unwrap().0, 200);
    assert_eq!(answered("GET", "/smileys").await.unwrap().0, 404);
    let generations = world.me.items(&format!("/v1/provider/deployments/{deployment}/generations")).await;
    assert_eq!((&generations[0]["restored_from"], &generations[2]["reason"]), (&json!(1), &json!("first")));
    assert_eq!(generations[0]["digest"], generations[2]["digest"]);

    // The same document again takes nothing away that a person did.
    let import = format!("/v1/provider/api-services/{}/import", story.service);
    let again = world.me.upload_compressed(&import, document()).await.ok().body;
    assert_eq!(again["changes"]["routes"]["changed"], json!([]));
    assert_eq!(again["changes"]["routes"]["removed"], json!([]));
    let preview = story.act("preview", json!({})).await;
    assert!(preview["diff"].as_str().unwrap().contains("smileys"), "the move by hand was lost");

    story.act("withdraw", json!({})).await;
    world.deployment_when(&deployment, 4, "removed", 90).await;
    until("nothing answers any more", 20, async || match gateway.asked("GET", "/emojis").await {
        Err(_) | Ok((404, _)) => Ok(()),
        Ok(answer) => Err(format!("{answer:?}")),
    })
    .await;
    drop(agent);

    // The same product on the other class: it is rendered, and not deployed.
    let listeners = json!([{ "name": "http", "port": 80, "protocol": "HTTP" }]);
    let envoy = json!({ "name": world::unique("envoy"), "listeners": listeners });
    let envoy = world.me.post("/v1/provider/gateways", envoy).await.ok().id();
    world.me.act(&format!("/v1/provider/gateways/{envoy}/activate")).await.ok();
    let other = world.cluster().await;
    let publish = json!({
        "name": world::unique("github"), "product_id": story.product, "gateway_id": envoy,
        "cluster_id": world::id(&other), "environment": "prod",
    });
    let publish = world.me.post("/v1/provider/product-publishes", publish).await.ok().id();
    let preview = world.me.act(&format!("/v1/provider/product-publishes/{publish}/preview")).await.ok().body;
    let routes = preview["changes"].as_array().unwrap().iter().filter(|change| change["kind"] == "HTTPRoute").count();
    assert!(routes >= 7, "{routes} HTTPRoutes");
}
