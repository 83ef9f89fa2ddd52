//! Every endpoint of the OpenAPI document, asked for another tenant's resources.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::{Answer, Caller, HandAgent, Rollout, World, world};

/// What a tenant may subscribe to.
const OFFERS: &str = "/v1/customer/offers";

/// One resource of each kind, of the tenant that is not to be seen.
pub(super) struct Resources {
    tenant: String,
    ids: Vec<(&'static str, String)>,
}

/// Makes one resource of each kind.
pub(super) async fn resources(world: &World) -> Resources {
    let cluster = world.cluster().await;
    let token = format!("/v1/operator/clusters/{}/registration-tokens", world::id(&cluster));
    let token = world.me.act(&token).await.ok().id();
    let agent = HandAgent::register(world, &cluster).await;
    let rollout = Rollout::draft(world, &cluster).await;
    let deployment = rollout.publish().await;
    let key = World::issue_key(&world.admin).await.id();
    let waves = json!({
        "name": world::unique("waves"), "environment": "dev", "start": false, "product_id": rollout.product,
        "gateway_id": rollout.gateway, "clusters": { "ids": [world::id(&cluster)] },
    });
    let waves = world.me.post("/v1/provider/rollouts", waves).await.ok().id();
    let plan = json!({ "name": world::unique("plan"), "product_id": rollout.product });
    let plan = world.me.post("/v1/provider/plans", plan).await.ok().id();
    let limit = json!({ "rate_limit": { "requests": 10, "unit": "second" } });
    let policy = json!({
        "name": world::unique("limit"), "scope": "service", "api_service_id": rollout.service, "spec": limit,
    });
    let policy = world.me.post("/v1/provider/policies", policy).await.ok().id();
    let wish = json!({ "product_publish_id": rollout.publish, "plan_id": plan });
    let subscription = world.me.post("/v1/customer/subscriptions", wish).await.ok().id();
    let ids = vec![
        // A collection stands before those whose path it begins.
        ("/v1/operator/clusters/{id}/registration-tokens", token),
        ("/v1/operator/clusters", world::id(&cluster).to_owned()),
        ("/v1/operator/agents", agent.id().to_owned()),
        ("/v1/operator/deployments", deployment.clone()),
        ("/v1/provider/deployments", deployment),
        ("/v1/provider/api-services/{id}/routes", rollout.route.clone()),
        ("/v1/provider/api-services/{id}/backends", rollout.backend.clone()),
        ("/v1/provider/api-services", rollout.service.clone()),
        ("/v1/provider/gateways", rollout.gateway.clone()),
        ("/v1/provider/policies", policy),
        ("/v1/provider/products", rollout.product.clone()),
        ("/v1/provider/plans", plan),
        ("/v1/provider/product-publishes", rollout.publish.clone()),
        ("/v1/provider/rollouts", waves),
        ("/v1/provider/subscriptions", subscription.clone()),
        ("/v1/customer/subscriptions", subscription),
        (OFFERS, rollout.publish.clone()),
        ("/v1/admin/api-keys", key),
        ("/v1/admin/tenants", world.tenant.clone()),
    ];
    Resources { tenant: world.tenant.clone(), ids }
}

impl Resources {
    /// All of them are there for their own tenant still.
    pub(super) async fn are_there(&self, world: &World) {
        for (collection, id) in &self.ids {
            let caller = if collection.contains("tenants") { &world.admin } else { &world.me };
            // What is offered to its own tenant only is not listed.
            let wanted = if *collection == OFFERS { format!("/{id}") } else { "?limit=100".to_owned() };
            let listed = caller.get(&format!("{}{wanted}", self.fill(collection))).await.ok();
            assert!(listed.body.to_string().contains(id), "{id} is gone: {}", listed.body);
        }
    }

    /// A path with this tenant's ids in their places.
    fn fill(&self, template: &str) -> String {
        let mut path = template.to_owned();
        // From the end, so that what stands before a place is still the collection's template.
        while let Some((before, rest)) = path.rsplit_once('{') {
            if let Some((_, after)) = rest.split_once('}') {
                let collection = before.trim_end_matches('/');
                let id = self.ids.iter().find(|(known, _)| *known == collection).map(|(_, id)| id);
                let id = id.unwrap_or_else(|| {
                    panic!("no resource of the kind in `{template}` is made: add one to `resources` in this file")
                });
                path = format!("{before}{id}{after}");
            }
        }
        path
    }

    fn names(&self, text: &str) -> Option<&str> {
        let all = self.ids.iter().map(|(_, id)| id).chain([&self.tenant]);
        all.map(String::as_str).find(|id| text.contains(*id))
    }
}

/// The walk of one tenant over all endpoints, with another one's ids.
pub(super) struct Walk<'a> {
    us: &'a World,
    them: &'a Resources,
    document: Value,
}

impl<'a> Walk<'a> {
    pub(super) async fn new(us: &'a World, them: &'a Resources) -> Self {
        let document = Caller::anyone().get("/v1/public/openapi.json").await.ok().body;
        Self { us, them, document }
    }

    /// Walks all endpoints that a tenant's caller may call; the answer is their number.
    pub(super) async fn all(&self) -> usize {
        let mut walked = 0;
        for (path, operations) in self.document["paths"].as_object().expect("paths") {
            // Agents are walked by a test of their own; the public parts are everybody's.
            if path.starts_with("/v1/agent") || path.starts_with("/v1/public") {
                continue;
            }
            for (method, operation) in operations.as_object().expect("operations") {
                let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                if operation["responses"].is_object() {
                    self.walk(&method, path, operation).await;
                    walked += 1;
                }
            }
        }
        walked
    }

    async fn walk(&self, method: &Method, template: &str, operation: &Value) {
        let path = self.them.fill(template);
        let named = template.contains('{');
        if !named && method != Method::GET {
            return self.create(template, operation).await;
        }
        let answer = self.call(method, &path, template, operation).await;
        let asked = format!("{method} {template}");
        if template.starts_with("/v1/admin/tenants") {
            // For system-admins: refused by the permission, before any id is looked at.
            assert_eq!(answer.status, 403, "{asked} answered {}", answer.body);
            return;
        }
        if named {
            answer.refused(404, "not_found");
            return;
        }
        let seen = answer.ok();
        let leak = self.them.names(&seen.body.to_string());
        assert!(leak.is_none(), "{asked} shows {leak:?} of another tenant: {}", seen.body);
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default();
            if parameter["in"] == "query" && !["limit", "cursor"].contains(&name) {
                self.filter(template, name).await;
            }
        }
    }

    /// Lists with a filter that names each of their resources.
    async fn filter(&self, path: &str, name: &str) {
        for (_, id) in &self.them.ids {
            let answer = self.us.me.get(&format!("{path}?{name}={id}")).await;
            if answer.status.is_success() {
                assert_eq!(answer.body["items"], json!([]), "GET {path}?{name}={id}");
            } else {
                assert!([400, 404].contains(&answer.status.as_u16()), "{}: {}", answer.asked, answer.body);
            }
        }
    }

    /// Makes a resource of our own that refers to theirs.
    async fn create(&self, template: &str, operation: &Value) {
        let id = |collection: &str| {
            self.them.ids.iter().find(|(known, _)| *known == collection).map(|(_, id)| id.clone()).expect("an id")
        };
        let body = match template {
            "/v1/provider/products" => {
                json!({ "name": world::unique("thief"), "api_services": [id("/v1/provider/api-services")] })
            }
            "/v1/provider/product-publishes" => json!({
                "name": world::unique("thief"), "environment": "dev",
                "product_id": id("/v1/provider/products"), "gateway_id": id("/v1/provider/gateways"),
                "cluster_id": id("/v1/operator/clusters"),
            }),
            "/v1/provider/plans" => {
                json!({ "name": world::unique("thief"), "product_id": id("/v1/provider/products") })
            }
            "/v1/provider/policies" => json!({
                "name": world::unique("thief"), "scope": "service", "api_service_id": id("/v1/provider/api-services"),
                "spec": { "rate_limit": { "requests": 10, "unit": "second" } },
            }),
            "/v1/customer/subscriptions" => json!({
                "product_publish_id": id(OFFERS), "plan_id": id("/v1/provider/plans"),
            }),
            "/v1/provider/rollouts" => json!({
                "name": world::unique("thief"), "environment": "dev",
                "product_id": id("/v1/provider/products"), "gateway_id": id("/v1/provider/gateways"),
                "clusters": { "ids": [id("/v1/operator/clusters")] },
            }),
            _ => {
                let references = self.references(operation);
                assert!(references.is_empty(), "POST {template} refers to {references:?}: add a body to `create`");
                return;
            }
        };
        let answer = self.us.me.post(template, body).await;
        let status = answer.status.as_u16();
        assert!([400, 404, 409, 422].contains(&status), "POST {template} answered {status}: {}", answer.body);
    }

    /// The fields of a body that hold ids.
    fn references(&self, operation: &Value) -> Vec<String> {
        let fields = self.schema(operation).map(|schema| schema["properties"].clone()).unwrap_or_default();
        let names = fields.as_object().into_iter().flatten().map(|(name, _)| name.clone());
        names.filter(|name| name.ends_with("_id") || name == "api_services").collect()
    }

    /// Calls an endpoint with a body that it would take from its own tenant.
    async fn call(&self, method: &Method, path: &str, template: &str, operation: &Value) -> Answer {
        let content = &operation["requestBody"]["content"];
        if content.is_object() && !content["application/json"].is_object() || template.contains("/import") {
            return self.us.me.upload(path, "application/yaml", DOCUMENT.to_owned()).await;
        }
        let body = content["application/json"].is_object().then(|| self.body(method, template, operation));
        self.us.me.send(method.clone(), path, body).await
    }

    fn body(&self, method: &Method, template: &str, operation: &Value) -> Value {
        if *method == Method::PATCH || template.ends_with("/publish") || template.ends_with("/withdraw") {
            return json!({});
        }
        let all = json!({
            "name": world::unique("thief"),
            "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
            "environment": "dev",
            "scheme": "http",
            "endpoints": [{ "host": "thief.example.com", "port": 80 }],
            "path": { "type": "exact", "value": "/thief" },
            "rollback": true,
            "generation": 1,
            "scope": "global",
            "spec": { "rate_limit": { "requests": 10, "unit": "second" } },
        });
        let id = |collection: &str| {
            let found = self.them.ids.iter().find(|(known, _)| *known == collection);
            json!(found.map(|(_, id)| id))
        };
        let schema = self.schema(operation).unwrap_or_default();
        let mut body = Map::new();
        for field in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let value = match field {
                "product_id" => id("/v1/provider/products"),
                "gateway_id" => id("/v1/provider/gateways"),
                "cluster_id" => id("/v1/operator/clusters"),
                "backend_refs" => json!([{ "backend_id": id("/v1/provider/api-services/{id}/backends") }]),
                other => all[other].clone(),
            };
            assert!(!value.is_null(), "{method} {template} needs `{field}`: add one to `body` in this file");
            body.insert(field.to_owned(), value);
        }
        Value::Object(body)
    }

    fn schema(&self, operation: &Value) -> Option<Value> {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        match schema["$ref"].as_str() {
            Some(reference) => self.document.pointer(reference.trim_start_matches('#')).cloned(),
            None => Some(schema.clone()),
        }
    }
}

const DOCUMENT: &str = "openapi: 3.1.0
info: { title: Thief, version: '1' }
servers: [{ url: https://thief.example.com }]
paths: { /thief: { get: { responses: { '200': { description: Mine } } } } }
";
