//! A tenant with everything that the operations need, made by the functions themselves.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    Fallible,
    function::{Function, Functions},
    identity::{Idp, Signer},
    request::{Request, body},
};

/// What there is.
pub(crate) struct Estate {
    functions: Functions,
    running: BTreeMap<String, Function>,
    idp: Idp,
    key: String,
    agent: Option<(Signer, String)>,
    ids: BTreeMap<&'static str, String>,
}

impl Estate {
    /// Makes a tenant with an API key, and tries to make all the rest. What could not be made is told by the operations
    /// that need it.
    pub(crate) fn make(functions: Functions, idp: Idp) -> Fallible<Self> {
        let (running, ids) = (BTreeMap::new(), BTreeMap::new());
        let mut estate = Self { functions, running, idp, key: String::new(), agent: None, ids };
        estate.make_tenant()?;
        let steps: [fn(&mut Self) -> Fallible<()>; 3] = [Self::make_cluster, Self::make_product, Self::make_publish];
        for step in steps {
            if let Err(error) = step(&mut estate) {
                println!("  not everything could be made: {error}");
            }
        }
        Ok(estate)
    }

    fn make_tenant(&mut self) -> Fallible<()> {
        let admin = self.idp.admin()?;
        let tenant = Request::new("POST", "/v1/admin/tenants").header("authorization", &admin);
        let tenant = self.call("admin-tenants", &tenant.json(&json!({ "name": "bench", "display_name": "Bench" })))?;
        self.keep("tenant", &tenant)?;
        let roles = json!(["org-admin", "operator", "api-developer"]);
        let key =
            Request::new("POST", "/v1/admin/api-keys").header("authorization", &admin).header("x-tenant", "bench");
        let key = self.call("admin-api-keys", &key.json(&json!({ "name": "bench", "roles": roles })))?;
        self.keep("key", &key)?;
        self.key = text(&key, "/secret")?;
        Ok(())
    }

    fn make_cluster(&mut self) -> Fallible<()> {
        let cluster = self.user("POST", "/v1/operator/clusters").json(&json!({ "name": "bench" }));
        let cluster = self.call("operator-clusters", &cluster)?;
        self.keep("cluster", &cluster)?;
        let path = format!("/v1/operator/clusters/{}/registration-tokens", self.id("cluster")?);
        let token = self.call("operator-clusters", &self.user("POST", path).json(&json!({})))?;
        let signer = Signer::generate()?;
        let body = json!({
            "token": text(&token, "/token")?, "public_key": signer.public, "name": "bench", "version": "0.1.0",
            "driver": "directory",
        });
        let agent = self.call("agent-registrations", &Request::new("POST", "/v1/agent/registrations").json(&body))?;
        self.agent = Some((signer, text(&agent, "/agent_id")?));
        Ok(())
    }

    fn make_product(&mut self) -> Fallible<()> {
        let service = self.user("POST", "/v1/provider/api-services").json(&json!({ "name": "bench" }));
        let service = self.call("provider-api-services", &service)?;
        self.keep("service", &service)?;
        let at = format!("/v1/provider/api-services/{}", self.id("service")?);
        let endpoints = json!([{ "host": "shop.example.com", "port": 443 }]);
        let backend = json!({ "name": "shop", "scheme": "https", "endpoints": endpoints });
        let backend =
            self.call("provider-api-services", &self.user("POST", format!("{at}/backends")).json(&backend))?;
        self.keep("backend", &backend)?;
        let route = self.user("POST", format!("{at}/routes")).json(&self.route(0)?);
        let route = self.call("provider-api-services", &route)?;
        self.keep("route", &route)?;
        self.call("provider-api-services", &self.user("POST", format!("{at}/activate")))?;

        let listeners = json!([{ "name": "http", "port": 80, "protocol": "HTTP" }]);
        let gateway = self.user("POST", "/v1/provider/gateways");
        let gateway =
            self.call("provider-gateways", &gateway.json(&json!({ "name": "bench", "listeners": listeners })))?;
        self.keep("gateway", &gateway)?;
        let activate = format!("/v1/provider/gateways/{}/activate", self.id("gateway")?);
        self.call("provider-gateways", &self.user("POST", activate))?;

        let product = json!({ "name": "bench", "api_services": [self.id("service")?] });
        let product = self.call("provider-products", &self.user("POST", "/v1/provider/products").json(&product))?;
        self.keep("product", &product)?;
        let activate = format!("/v1/provider/products/{}/activate", self.id("product")?);
        self.call("provider-products", &self.user("POST", activate))?;
        Ok(())
    }

    fn make_publish(&mut self) -> Fallible<()> {
        let publish = json!({
            "name": "bench", "product_id": self.id("product")?, "gateway_id": self.id("gateway")?,
            "cluster_id": self.id("cluster")?, "environment": "dev", "hostnames": ["bench.example.com"],
        });
        let publish = self.user("POST", "/v1/provider/product-publishes").json(&publish);
        let publish = self.call("provider-product-publishes", &publish)?;
        self.keep("publish", &publish)?;
        let path = format!("/v1/provider/product-publishes/{}/publish", self.id("publish")?);
        let published = self.call("provider-product-publishes", &self.user("POST", path))?;
        self.ids.insert("deployment", text(&published, "/deployment_id")?);
        Ok(())
    }

    /// Makes the next publish a new generation.
    pub(crate) fn change(&mut self, number: u32) -> Fallible<()> {
        let path = format!("/v1/provider/api-services/{}/routes/{}", self.id("service")?, self.id("route")?);
        let request = self.user("PUT", path).json(&self.route(number)?);
        self.call("provider-api-services", &request).map(drop)
    }

    /// A function without any use of it so far.
    pub(crate) fn fresh(&self, function: &str) -> Fallible<Function> {
        self.functions.start(function)
    }

    /// What all functions are started with.
    pub(crate) fn functions(&self) -> &Functions {
        &self.functions
    }

    /// A request of the API key's.
    pub(crate) fn user(&self, method: &'static str, path: impl Into<String>) -> Request {
        Request::new(method, path).header("x-api-key", &self.key)
    }

    /// A request of the agent's.
    pub(crate) fn agent(&self, method: &'static str, path: impl Into<String>) -> Fallible<Request> {
        let (signer, id) = self.agent.as_ref().ok_or("there is no agent")?;
        Ok(Request::new(method, path).header("authorization", &signer.bearer(id, &json!({ "sub": id }))?))
    }

    /// A request of the system-admin's.
    pub(crate) fn admin(&self, method: &'static str, path: impl Into<String>) -> Fallible<Request> {
        Ok(Request::new(method, path).header("authorization", &self.idp.admin()?))
    }

    /// The id of something that was made.
    pub(crate) fn id(&self, name: &'static str) -> Fallible<&str> {
        self.ids.get(name).map(String::as_str).ok_or_else(|| format!("there is no {name}").into())
    }

    fn call(&mut self, function: &str, request: &Request) -> Fallible<Value> {
        if !self.running.contains_key(function) {
            let started = self.functions.start(function)?;
            self.running.insert(function.to_owned(), started);
        }
        let running = self.running.get(function).ok_or("the function is gone")?;
        let answer = running.invoke(&request.event())?.answer;
        body(&answer).map_err(|error| format!("{function}: {error}").into())
    }

    fn keep(&mut self, name: &'static str, resource: &Value) -> Fallible<()> {
        self.ids.insert(name, text(resource, "/id")?);
        Ok(())
    }

    fn route(&self, number: u32) -> Fallible<Value> {
        Ok(json!({
            "name": "only", "path": { "type": "exact", "value": format!("/v{number}") }, "methods": ["GET"],
            "backend_refs": [{ "backend_id": self.id("backend")? }],
        }))
    }
}

fn text(value: &Value, pointer: &str) -> Fallible<String> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    Ok(text.ok_or_else(|| format!("no `{pointer}` in {value}"))?.to_owned())
}
