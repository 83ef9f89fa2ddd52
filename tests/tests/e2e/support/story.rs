//! A product on its way to a cluster.

use serde_json::{Value, json};

use super::{Caller, World, world};

/// A product publish with all that it needs.
pub(crate) struct Rollout {
    me: Caller,
    /// The API service.
    pub(crate) service: String,
    /// Its only route.
    pub(crate) route: String,
    /// Its only backend.
    pub(crate) backend: String,
    /// The gateway template.
    pub(crate) gateway: String,
    /// The product.
    pub(crate) product: String,
    /// The publish.
    pub(crate) publish: String,
}

impl Rollout {
    /// Makes all of it for a cluster; nothing is published yet.
    pub(crate) async fn draft(world: &World, cluster: &Value) -> Self {
        let me = world.me.clone();
        let name = world::unique("shop");
        let service = me.post("/v1/provider/api-services", json!({ "name": name })).await.ok().id();
        let at = format!("/v1/provider/api-services/{service}");
        let endpoints = json!([{ "host": "shop.example.com", "port": 443 }]);
        let backend = json!({ "name": "shop", "scheme": "https", "endpoints": endpoints });
        let backend = me.post(&format!("{at}/backends"), backend).await.ok().id();
        let route = me.post(&format!("{at}/routes"), route("/first", &backend)).await.ok().id();
        me.act(&format!("{at}/activate")).await.ok();

        let listeners = json!([{ "name": "http", "port": 80, "protocol": "HTTP" }]);
        let gateway = json!({ "name": name, "listeners": listeners });
        let gateway = me.post("/v1/provider/gateways", gateway).await.ok().id();
        me.act(&format!("/v1/provider/gateways/{gateway}/activate")).await.ok();
        let product = json!({ "name": name, "api_services": [service] });
        let product = me.post("/v1/provider/products", product).await.ok().id();
        me.act(&format!("/v1/provider/products/{product}/activate")).await.ok();

        let publish = json!({
            "name": name, "product_id": product, "gateway_id": gateway, "cluster_id": world::id(cluster),
            "environment": "dev", "hostnames": [format!("{name}.example.com")],
        });
        let publish = me.post("/v1/provider/product-publishes", publish).await.ok().id();
        Self { me, service, route, backend, gateway, product, publish }
    }

    /// Publishes what the product is now; the answer is the deployment's id.
    pub(crate) async fn publish(&self) -> String {
        let path = format!("/v1/provider/product-publishes/{}/publish", self.publish);
        self.me.act(&path).await.ok().text("/deployment_id")
    }

    /// Withdraws the publish.
    pub(crate) async fn withdraw(&self) {
        self.me.act(&format!("/v1/provider/product-publishes/{}/withdraw", self.publish)).await.ok();
    }

    /// Changes the path of the route, so that the next publish is a new generation.
    pub(crate) async fn change(&self, path: &str) {
        let at = format!("/v1/provider/api-services/{}/routes/{}", self.service, self.route);
        self.me.put(&at, route(path, &self.backend)).await.ok();
    }
}

impl World {
    /// Waits until a deployment has a status on a generation.
    pub(crate) async fn deployment_when(&self, id: &str, generation: u64, status: &str, seconds: u64) -> Value {
        let what = format!("generation {generation} is `{status}`");
        self.when(&format!("/v1/provider/deployments/{id}"), seconds, &what, |deployment| {
            deployment["generation"] == generation && deployment["status"] == status
        })
        .await
    }
}

fn route(path: &str, backend: &str) -> Value {
    json!({
        "name": "only",
        "path": { "type": "exact", "value": path },
        "methods": ["GET"],
        "backend_refs": [{ "backend_id": backend }],
    })
}
