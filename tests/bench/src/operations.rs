//! The operations that are measured, each with a request like those of real clients.

use serde_json::json;

use crate::{Fallible, estate::Estate, request::Request};

/// Whether an operation changes anything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// It does not.
    Read,
    /// It does.
    Write,
}

/// An operation.
pub(crate) struct Operation {
    /// The function that serves it.
    pub(crate) function: &'static str,
    /// Its id.
    pub(crate) name: &'static str,
    /// Whether it changes anything.
    pub(crate) kind: Kind,
    /// The request of that number.
    pub(crate) request: fn(&Estate, u32) -> Fallible<Request>,
    /// What has to happen before each request, and is not measured.
    pub(crate) before: Option<fn(&mut Estate, u32) -> Fallible<()>>,
}

const fn read(function: &'static str, name: &'static str, request: fn(&Estate, u32) -> Fallible<Request>) -> Operation {
    Operation { function, name, kind: Kind::Read, request, before: None }
}

const fn write(
    function: &'static str,
    name: &'static str,
    request: fn(&Estate, u32) -> Fallible<Request>,
) -> Operation {
    Operation { function, name, kind: Kind::Write, request, before: None }
}

/// All of them.
pub(crate) const ALL: &[Operation] = &[
    read("public-info", "health", |_, _| Ok(Request::new("GET", "/v1/public/health"))),
    read("public-me", "me_get", |estate, _| Ok(estate.user("GET", "/v1/me"))),
    read("admin-tenants", "tenant_get", |estate, _| {
        estate.admin("GET", format!("/v1/admin/tenants/{}", estate.id("tenant")?))
    }),
    read("admin-api-keys", "api_key_get", |estate, _| {
        Ok(estate.user("GET", format!("/v1/admin/api-keys/{}", estate.id("key")?)))
    }),
    write("admin-api-keys", "api_key_create", |estate, number| {
        let body = json!({ "name": format!("key-{number}"), "roles": ["viewer"] });
        Ok(estate.user("POST", "/v1/admin/api-keys").json(&body))
    }),
    read("admin-events", "event_list", |estate, _| Ok(estate.user("GET", "/v1/admin/events?limit=20"))),
    read("operator-clusters", "cluster_get", |estate, _| {
        Ok(estate.user("GET", format!("/v1/operator/clusters/{}", estate.id("cluster")?)))
    }),
    read("operator-clusters", "cluster_list", |estate, _| Ok(estate.user("GET", "/v1/operator/clusters?limit=20"))),
    write("operator-clusters", "cluster_create", |estate, number| {
        let body = json!({ "name": format!("cluster-{number}"), "labels": { "region": "eu" } });
        Ok(estate.user("POST", "/v1/operator/clusters").json(&body))
    }),
    write("operator-clusters", "cluster_create (Idempotency-Key)", |estate, number| {
        let body = json!({ "name": format!("again-{number}") });
        let request = estate.user("POST", "/v1/operator/clusters").json(&body);
        Ok(request.header("idempotency-key", &format!("bench-{number}")))
    }),
    write("operator-clusters", "cluster_patch", |estate, number| {
        let path = format!("/v1/operator/clusters/{}", estate.id("cluster")?);
        let body = json!({ "description": format!("Number {number}") }).to_string();
        Ok(estate.user("PATCH", path).text("application/merge-patch+json", body))
    }),
    read("operator-agents", "agent_list", |estate, _| Ok(estate.user("GET", "/v1/operator/agents"))),
    read("operator-deployments", "deployment_list", |estate, _| Ok(estate.user("GET", "/v1/operator/deployments"))),
    read("provider-api-services", "api_service_get", |estate, _| {
        Ok(estate.user("GET", format!("/v1/provider/api-services/{}", estate.id("service")?)))
    }),
    write("provider-api-services", "route_replace", |estate, number| {
        let path = format!("/v1/provider/api-services/{}/routes/{}", estate.id("service")?, estate.id("route")?);
        let body = json!({
            "name": "only", "path": { "type": "exact", "value": format!("/replaced-{number}") }, "methods": ["GET"],
            "backend_refs": [{ "backend_id": estate.id("backend")? }],
        });
        Ok(estate.user("PUT", path).json(&body))
    }),
    write("provider-gateways", "gateway_create", |estate, number| {
        let listeners = json!([{ "name": "http", "port": 80, "protocol": "HTTP" }]);
        let body = json!({ "name": format!("edge-{number}"), "listeners": listeners });
        Ok(estate.user("POST", "/v1/provider/gateways").json(&body))
    }),
    read("provider-products", "product_get", |estate, _| {
        Ok(estate.user("GET", format!("/v1/provider/products/{}", estate.id("product")?)))
    }),
    read("provider-deployments", "deployment_get", |estate, _| {
        Ok(estate.user("GET", format!("/v1/provider/deployments/{}", estate.id("deployment")?)))
    }),
    write("agent-heartbeats", "heartbeat", |estate, _| {
        let body = json!({ "version": "0.1.0", "applied_version": 0 });
        Ok(estate.agent("POST", "/v1/agent/heartbeats")?.json(&body))
    }),
    read("agent-deployments", "desired_list", |estate, _| estate.agent("GET", "/v1/agent/deployments")),
    read("agent-deployments", "desired_get", |estate, _| {
        estate.agent("GET", format!("/v1/agent/deployments/{}", estate.id("deployment")?))
    }),
    write("agent-reports", "report", |estate, number| {
        let outcome = if number.is_multiple_of(2) { "applied" } else { "failed" };
        let objects =
            json!([{ "kind": "HTTPRoute", "namespace": "switchtower", "name": "bench", "outcome": "created" }]);
        let body = json!({
            "deployment_id": estate.id("deployment")?, "generation": 1, "outcome": outcome, "objects": objects,
        });
        Ok(estate.agent("POST", "/v1/agent/reports")?.json(&body))
    }),
    // Last, because reports are about the first generation.
    Operation {
        before: Some(Estate::change),
        ..write("provider-product-publishes", "product_publish_publish", |estate, _| {
            let path = format!("/v1/provider/product-publishes/{}/publish", estate.id("publish")?);
            Ok(estate.user("POST", path))
        })
    },
];
