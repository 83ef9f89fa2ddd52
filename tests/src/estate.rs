//! A tenant with one of everything, and a valid request for every operation.

use std::collections::HashMap;

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use switchtower_domain::{
    cluster::{Channel, Cluster, ClusterId},
    resource::Resource,
};
use switchtower_store::Commit;

use crate::{
    Account, Answer, Client, World,
    account::{stamp, system},
    agent::Agent,
    catalogue::Operation,
};

/// A small OpenAPI document.
pub const DOCUMENT: &str = r#"{
  "openapi": "3.1.0",
  "info": { "title": "Orders", "version": "1" },
  "servers": [{ "url": "https://orders.example.com" }],
  "paths": { "/orders": { "get": { "responses": { "200": { "description": "The orders" } } } } }
}"#;

/// One of everything.
pub struct Estate {
    /// The tenant.
    pub account: Account,
    /// An agent of the cluster.
    pub agent: Agent,
    ids: HashMap<&'static str, String>,
}

impl Estate {
    /// Makes one of everything in a tenant.
    pub async fn new(world: &World, slug: &str) -> Self {
        let account = world.tenant(slug).await;
        let owner = world.owner(&account);
        let mut ids = HashMap::from([("tenants", account.id.to_string())]);
        let key = json!({ "name": "robot", "roles": ["viewer"] });
        ids.insert("api-keys", owner.post("/v1/admin/api-keys", key).await.ok(201).id());

        let cluster = owner.post("/v1/operator/clusters", json!({ "name": "berlin" })).await.ok(201).id();
        world.provision(&account, &cluster).await;
        let agent = world.agent(&owner, &cluster).await;
        let token = owner.act(&format!("/v1/operator/clusters/{cluster}/registration-tokens")).await.ok(201).id();
        ids.extend([("agents", agent.id.clone()), ("registration-tokens", token)]);

        let service = owner.post("/v1/provider/api-services", json!({ "name": "orders" })).await.ok(201).id();
        let at = format!("/v1/provider/api-services/{service}");
        let backend = owner.post(&format!("{at}/backends"), backend("orders-backend")).await.ok(201).id();
        let route = owner.post(&format!("{at}/routes"), route("list-orders", &backend)).await.ok(201).id();
        owner.act(&format!("{at}/activate")).await.ok(200);
        let gateway = owner.post("/v1/provider/gateways", gateway("edge")).await.ok(201).id();
        owner.act(&format!("/v1/provider/gateways/{gateway}/activate")).await.ok(200);
        let product = json!({ "name": "shop", "api_services": [service] });
        let product = owner.post("/v1/provider/products", product).await.ok(201).id();
        owner.act(&format!("/v1/provider/products/{product}/activate")).await.ok(200);
        let policy = owner.post("/v1/provider/policies", policy("limit")).await.ok(201).id();
        let plan = owner.post("/v1/provider/plans", plan("gold", &product)).await.ok(201).id();
        let publish = owner.post("/v1/provider/product-publishes", publish("shop", &product, &gateway, &cluster)).await;
        let publish = publish.ok(201).id();
        let published = owner.act(&format!("/v1/provider/product-publishes/{publish}/publish")).await.ok(200);
        let deployment = published["deployment_id"].as_str().expect("a deployment").to_owned();
        ids.extend([("product-publishes", publish), ("deployments", deployment)]);
        ids.extend([("clusters", cluster), ("api-services", service), ("backends", backend), ("routes", route)]);
        ids.extend([("gateways", gateway), ("products", product), ("policies", policy), ("plans", plan)]);
        let rollout = json!({ "start": false, "clusters": { "ids": [ids["clusters"]] } });
        let rollout = owner
            .post("/v1/provider/rollouts", rollout_with("shop", &ids["products"], &ids["gateways"], rollout))
            .await;
        ids.extend([("rollouts", rollout.ok(201).id())]);
        let wish = subscription(&ids["product-publishes"], &ids["plans"]);
        let subscription = owner.post("/v1/customer/subscriptions", wish).await.ok(201).id();
        ids.extend([("offers", ids["product-publishes"].clone()), ("subscriptions", subscription)]);
        Self { account, agent, ids }
    }

    /// The id of the one in a collection, named as in paths.
    #[track_caller]
    pub fn id(&self, collection: &str) -> &str {
        self.ids
            .get(collection)
            .unwrap_or_else(|| panic!("the estate has none of {collection}: add it to `Estate::new`"))
    }

    /// A path with this estate's ids in place of the names in braces.
    #[track_caller]
    pub fn path(&self, template: &str) -> String {
        let mut filled = Vec::new();
        for part in template.split('/') {
            let id = part.starts_with('{').then(|| self.id(filled.last().copied().unwrap_or_default()));
            filled.push(id.unwrap_or(part));
        }
        filled.join("/")
    }

    /// Calls an operation with a body that is valid for it; ids in the body are this estate's as well.
    pub async fn call(&self, client: &Client<'_>, operation: &Operation) -> Answer {
        let path = self.path(&operation.path);
        match self.body(operation) {
            Some(Body::Json(body)) if operation.method == Method::PATCH => client.patch(&path, body).await,
            Some(Body::Json(body)) => client.json(operation.method.clone(), &path, body).await,
            Some(Body::Text(text)) => client.raw(operation.method.clone(), &path, text).await,
            None => client.send(operation.method.clone(), &path, axum::body::Body::empty(), None).await,
        }
    }

    /// A valid body; none for operations that take none.
    #[track_caller]
    fn body(&self, operation: &Operation) -> Option<Body> {
        let body = match operation.id.as_str() {
            "tenant_create" => json!({ "name": "newcomer" }),
            "api_key_create" => json!({ "name": "another", "roles": ["viewer"] }),
            "api_service_create" | "api_service_replace" => json!({ "name": "payments" }),
            "api_service_import" | "api_service_import_preview" => return Some(Body::Text(DOCUMENT)),
            "backend_create" | "backend_replace" => backend("payments-backend"),
            "route_create" | "route_replace" => route("list-payments", self.id("backends")),
            "cluster_create" | "cluster_replace" => json!({ "name": "paris" }),
            "gateway_create" | "gateway_replace" => gateway("inner"),
            "policy_create" | "policy_replace" => policy("slow-down"),
            "plan_create" | "plan_replace" => plan("silver", self.id("products")),
            "rollout_create" => {
                let clusters = json!({ "clusters": { "ids": [self.id("clusters")] } });
                rollout_with("shop-2", self.id("products"), self.id("gateways"), clusters)
            }
            "customer_subscription_create" => subscription(self.id("offers"), self.id("plans")),
            "rollout_abort" => json!({ "rollback": true }),
            "product_publish_rollback" => json!({ "generation": 1 }),
            "product_create" | "product_replace" => json!({ "name": "bank" }),
            "product_publish_create" | "product_publish_replace" => {
                publish("shop-2", self.id("products"), self.id("gateways"), self.id("clusters"))
            }
            "agent_register" => json!({
                "token": "swr_x", "public_key": "A".repeat(43), "name": "agent-2", "version": "1", "driver": "directory",
            }),
            "agent_heartbeat" => json!({ "version": "0.1.0", "applied_version": 0 }),
            "agent_report" => {
                json!({ "deployment_id": self.id("deployments"), "generation": 1, "outcome": "applied" })
            }
            "agent_usage" => usage("01K2M5Z8H3V9Q4X7N6P0R2S1T5", vec![hour(self.id("deployments"), this_hour(), 1)]),
            _ if operation.method == Method::PATCH => json!({ "labels": { "seen": "yes" } }),
            _ => return None,
        };
        Some(Body::Json(body))
    }
}

enum Body {
    Json(Value),
    Text(&'static str),
}

/// A valid backend.
pub fn backend(name: &str) -> Value {
    json!({ "name": name, "scheme": "https", "endpoints": [{ "host": "orders.example.com", "port": 443 }] })
}

/// A valid route to a backend.
pub fn route(name: &str, backend: &str) -> Value {
    json!({
        "name": name,
        "path": { "type": "prefix", "value": format!("/{name}") },
        "backend_refs": [{ "backend_id": backend }],
    })
}

/// A valid gateway template.
pub fn gateway(name: &str) -> Value {
    json!({ "name": name, "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }] })
}

/// A valid policy.
pub fn policy(name: &str) -> Value {
    json!({ "name": name, "scope": "global", "spec": { "rate_limit": { "requests": 10, "unit": "second" } } })
}

/// A valid plan of a product.
pub fn plan(name: &str, product: &str) -> Value {
    json!({ "name": name, "product_id": product, "pricing_model": "free" })
}

/// A valid report of usage by a run of an agent.
pub fn usage(run: &str, hours: Vec<Value>) -> Value {
    json!({ "run": run, "hours": hours })
}

/// A valid hour of a deployment: 3 requests in its first five minutes, 2 of them by the client `app-1`; one was answered 404.
pub fn hour(deployment: &str, hour: Timestamp, sequence: u64) -> Value {
    let requests = |requests: u64| json!({ "requests": requests, "client_errors": 1, "server_errors": 0 });
    let durations = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    json!({
        "deployment_id": deployment,
        "hour": hour,
        "sequence": sequence,
        "slots": [{ "minute": 0, "requests": requests(3), "durations": durations, "bytes_sent": 2048 }],
        "clients": [{ "client_id": "app-1", "requests": requests(2) }],
    })
}

/// When the present hour began.
pub fn this_hour() -> Timestamp {
    let now = Timestamp::now().as_second();
    Timestamp::from_second(now - now.rem_euclid(3600)).expect("the clock is right")
}

/// A valid publish.
pub fn publish(name: &str, product: &str, gateway: &str, cluster: &str) -> Value {
    json!({ "name": name, "product_id": product, "gateway_id": gateway, "cluster_id": cluster, "environment": "prod" })
}

/// A valid subscription.
pub fn subscription(publish: &str, plan: &str) -> Value {
    json!({ "product_publish_id": publish, "plan_id": plan })
}

/// A valid rollout, with more fields: its clusters at least.
pub fn rollout_with(name: &str, product: &str, gateway: &str, more: Value) -> Value {
    let mut rollout = json!({ "name": name, "product_id": product, "gateway_id": gateway, "environment": "prod" });
    for (field, value) in more.as_object().into_iter().flatten() {
        rollout[field.as_str()] = value.clone();
    }
    rollout
}

impl World {
    /// Gives a cluster its queue, as the provisioner does.
    pub async fn provision(&self, account: &Account, cluster: &str) {
        let id: ClusterId = cluster.parse().expect("the id of a cluster");
        let (granted, context) = (system(account.id), self.context());
        let found: Option<Resource<Cluster>> = self.store.get(account.id, id).await.expect("the table answers");
        let channel = Channel {
            bus: "tests-clusters-1".to_owned(),
            queue_url: format!("https://sqs.example.com/tests-cluster-{id}"),
            queue_arn: format!("arn:aws:sqs:us-east-1:123456789012:tests-cluster-{id}"),
        };
        let change = found.expect("the cluster").provisioned(channel, &stamp(&granted, context.now));
        let commit = Commit::new(&granted, &context).change(&change.expect("it had no queue"));
        commit.send(&self.store).await.expect("the cluster can be written");
    }
}
