//! The table of contents: every resource with its function, its path, its scope and its router.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware,
};
use switchtower_domain::{
    agent::Agent, api_key::ApiKey, api_service::ApiService, cluster::Cluster, gateway::Gateway, plan::Plan,
    policy::Policy, product::Product, product_publish::ProductPublish, resource::Kind, rollout::Rollout,
    subscription::Subscription,
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Api, Problem, Scope, admin, agent, customer,
    edge::{body, call, code, idempotency, request},
    operator, provider, public, realtime,
};

/// One persona's resource: one Lambda function.
#[derive(Clone, Copy)]
pub struct Resource {
    /// The function's name: persona and resource.
    pub function: &'static str,
    /// The path below which it answers.
    pub path: &'static str,
    /// Whose resources it is about.
    pub scope: Scope,
    /// Its routes.
    pub routes: fn() -> OpenApiRouter<Api>,
    /// The most bytes of a body.
    pub max_bytes: usize,
    /// The kind whose ids stand after the path, where its rows are a tenant's own.
    pub kind: Option<&'static str>,
}

impl Resource {
    const fn new(function: &'static str, path: &'static str, scope: Scope, routes: fn() -> OpenApiRouter<Api>) -> Self {
        Self { function, path, scope, routes, max_bytes: body::MAX_BYTES, kind: None }
    }

    const fn holding(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    const fn of<K: Kind>(self) -> Self {
        Self { kind: Some(K::KIND), ..self }
    }

    /// The routes with their documentation, under the resource's path.
    pub fn documented(&self) -> OpenApiRouter<Api> {
        OpenApiRouter::new().nest(self.path, (self.routes)())
    }

    /// The router that answers the resource's requests.
    pub fn router(&self, api: Api) -> Router {
        let (router, _) = self.documented().split_for_parts();
        router
            .fallback(no_such_endpoint)
            .method_not_allowed_fallback(method_not_allowed)
            .layer(DefaultBodyLimit::max(self.max_bytes))
            .layer(middleware::from_fn_with_state(api.clone(), idempotency::layer))
            .layer(middleware::from_fn_with_state((api.clone(), *self), call::layer))
            .layer(middleware::from_fn_with_state(api.clone(), request::layer))
            .with_state(api)
    }
}

async fn no_such_endpoint(request: Request) -> Problem {
    let detail =
        format!("There is nothing at `{}`. The endpoints are in `/v1/public/openapi.json`.", request.uri().path());
    Problem::new(code::no_such_endpoint, detail)
}

/// The router adds the `Allow` header.
async fn method_not_allowed(request: Request) -> Problem {
    let detail =
        format!("This endpoint does not know `{}`. The `Allow` header tells which it knows.", request.method());
    Problem::new(code::method_not_allowed, detail)
}

/// Health, version and the OpenAPI document.
pub const PUBLIC_INFO: Resource = Resource::new("public-info", "/v1/public", Scope::Public, public::info::routes);
/// Who the caller is.
pub const PUBLIC_ME: Resource = Resource::new("public-me", "/v1/me", Scope::Own, public::me::routes);
/// Tenants.
pub const ADMIN_TENANTS: Resource =
    Resource::new("admin-tenants", "/v1/admin/tenants", Scope::System, admin::tenants::routes);
/// API keys.
pub const ADMIN_API_KEYS: Resource =
    Resource::new("admin-api-keys", "/v1/admin/api-keys", Scope::Tenant, admin::api_keys::routes).of::<ApiKey>();
/// The audit log.
pub const ADMIN_EVENTS: Resource =
    Resource::new("admin-events", "/v1/admin/events", Scope::Tenant, admin::events::routes);
/// Clusters and their registration tokens.
pub const OPERATOR_CLUSTERS: Resource =
    Resource::new("operator-clusters", "/v1/operator/clusters", Scope::Tenant, operator::clusters::routes)
        .of::<Cluster>();
/// Agents.
pub const OPERATOR_AGENTS: Resource =
    Resource::new("operator-agents", "/v1/operator/agents", Scope::Tenant, operator::agents::routes).of::<Agent>();
/// Deployments by cluster.
pub const OPERATOR_DEPLOYMENTS: Resource =
    Resource::new("operator-deployments", "/v1/operator/deployments", Scope::Tenant, operator::deployments::routes);
/// Registration of agents.
pub const AGENT_REGISTRATIONS: Resource =
    Resource::new("agent-registrations", "/v1/agent/registrations", Scope::Public, agent::registrations::routes);
/// Heartbeats of agents.
pub const AGENT_HEARTBEATS: Resource =
    Resource::new("agent-heartbeats", "/v1/agent/heartbeats", Scope::Agent, agent::heartbeats::routes);
/// Desired state, as agents fetch it.
pub const AGENT_DEPLOYMENTS: Resource =
    Resource::new("agent-deployments", "/v1/agent/deployments", Scope::Agent, agent::deployments::routes);
/// Reports of agents.
pub const AGENT_REPORTS: Resource =
    Resource::new("agent-reports", "/v1/agent/reports", Scope::Agent, agent::reports::routes);
/// Usage, as agents count it.
pub const AGENT_USAGE: Resource = Resource::new("agent-usage", "/v1/agent/usage", Scope::Agent, agent::usage::routes)
    .holding(agent::usage::MAX_BYTES);
/// Access to clusters' queues.
pub const AGENT_QUEUE_CREDENTIALS: Resource = Resource::new(
    "agent-queue-credentials",
    "/v1/agent/queue-credentials",
    Scope::Agent,
    agent::queue_credentials::routes,
);

/// API services, their routes and backends.
pub const PROVIDER_API_SERVICES: Resource =
    Resource::new("provider-api-services", "/v1/provider/api-services", Scope::Tenant, provider::api_services::routes)
        .of::<ApiService>()
        .holding(provider::api_services::MAX_BYTES);
/// Gateway templates.
pub const PROVIDER_GATEWAYS: Resource =
    Resource::new("provider-gateways", "/v1/provider/gateways", Scope::Tenant, provider::gateways::routes)
        .of::<Gateway>();
/// Policies.
pub const PROVIDER_POLICIES: Resource =
    Resource::new("provider-policies", "/v1/provider/policies", Scope::Tenant, provider::policies::routes)
        .of::<Policy>();
/// Products.
pub const PROVIDER_PRODUCTS: Resource =
    Resource::new("provider-products", "/v1/provider/products", Scope::Tenant, provider::products::routes)
        .of::<Product>();
/// Plans.
pub const PROVIDER_PLANS: Resource =
    Resource::new("provider-plans", "/v1/provider/plans", Scope::Tenant, provider::plans::routes).of::<Plan>();
/// Product publishes.
pub const PROVIDER_PRODUCT_PUBLISHES: Resource = Resource::new(
    "provider-product-publishes",
    "/v1/provider/product-publishes",
    Scope::Tenant,
    provider::product_publishes::routes,
)
.of::<ProductPublish>();
/// Rollouts.
pub const PROVIDER_ROLLOUTS: Resource =
    Resource::new("provider-rollouts", "/v1/provider/rollouts", Scope::Tenant, provider::rollouts::routes)
        .of::<Rollout>();
/// Subscriptions to what the tenant published.
pub const PROVIDER_SUBSCRIPTIONS: Resource = Resource::new(
    "provider-subscriptions",
    "/v1/provider/subscriptions",
    Scope::Tenant,
    provider::subscriptions::routes,
)
.of::<Subscription>();
/// Deployments of the tenant's publishes.
pub const PROVIDER_DEPLOYMENTS: Resource =
    Resource::new("provider-deployments", "/v1/provider/deployments", Scope::Tenant, provider::deployments::routes);
/// Analytics of the tenant's publishes.
pub const PROVIDER_ANALYTICS: Resource =
    Resource::new("provider-analytics", "/v1/provider/analytics", Scope::Tenant, provider::analytics::routes);

/// What a tenant may subscribe to.
pub const CUSTOMER_OFFERS: Resource =
    Resource::new("customer-offers", "/v1/customer/offers", Scope::Tenant, customer::offers::routes);
/// A tenant's own subscriptions.
pub const CUSTOMER_SUBSCRIPTIONS: Resource = Resource::new(
    "customer-subscriptions",
    "/v1/customer/subscriptions",
    Scope::Tenant,
    customer::subscriptions::routes,
);

/// Tickets of the live feed.
pub const REALTIME_TICKETS: Resource =
    Resource::new("realtime-tickets", "/v1/realtime/tickets", Scope::Tenant, realtime::tickets::routes);

/// Every resource.
pub const ALL: &[&Resource] = &[
    &PUBLIC_INFO,
    &PUBLIC_ME,
    &ADMIN_TENANTS,
    &ADMIN_API_KEYS,
    &ADMIN_EVENTS,
    &OPERATOR_CLUSTERS,
    &OPERATOR_AGENTS,
    &OPERATOR_DEPLOYMENTS,
    &PROVIDER_API_SERVICES,
    &PROVIDER_GATEWAYS,
    &PROVIDER_POLICIES,
    &PROVIDER_PRODUCTS,
    &PROVIDER_PLANS,
    &PROVIDER_PRODUCT_PUBLISHES,
    &PROVIDER_ROLLOUTS,
    &PROVIDER_SUBSCRIPTIONS,
    &PROVIDER_DEPLOYMENTS,
    &PROVIDER_ANALYTICS,
    &CUSTOMER_OFFERS,
    &CUSTOMER_SUBSCRIPTIONS,
    &AGENT_REGISTRATIONS,
    &AGENT_HEARTBEATS,
    &AGENT_DEPLOYMENTS,
    &AGENT_REPORTS,
    &AGENT_USAGE,
    &AGENT_QUEUE_CREDENTIALS,
    &REALTIME_TICKETS,
];
