//! The OpenAPI 3.1 document, made once of the routers that answer.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use switchtower_domain::{
    id::RouteId, plan::PlanId, registration_token::RegistrationTokenId, rollout::RolloutId,
    subscription::SubscriptionId,
};
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        Components, Info, License, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, Response, Schema,
        SecurityRequirement, Server, Tag,
        path::Operation,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::{Scope, edge::problem, routes};

/// What the groups of operations are about, in the order of the document.
const TAGS: &[(&str, &str)] = &[
    ("me", "Who the caller is."),
    ("tenants", "Tenants, for those who run the installation."),
    ("API keys", "Keys for programs, with roles of their own."),
    ("events", "The audit log."),
    ("clusters", "Clusters and their states."),
    ("registration tokens", "One-time tokens that register agents."),
    ("agents", "The programs in clusters that apply what is desired, as operators see them."),
    ("cluster deployments", "What runs where, for operators."),
    ("API services", "What is offered: routes and backends, made by hand or imported from an OpenAPI document."),
    ("routes", "Which requests of an API service go to which backends."),
    ("backends", "Where an API service's requests go."),
    ("gateways", "Gateway templates: class and listeners."),
    ("policies", "What happens to requests beside going to a backend, said once for many routes."),
    ("products", "What customers get: API services under one name."),
    ("plans", "What customers may choose of a product, and what it costs."),
    ("product publishes", "A product on a gateway in one cluster."),
    ("rollouts", "A product to many clusters, in waves."),
    ("subscriptions", "Who subscribed to what the tenant published."),
    ("deployments", "What runs where, for providers."),
    ("analytics", "What went through publishes, as agents counted it."),
    ("offers", "What a tenant may subscribe to."),
    ("customer subscriptions", "A tenant's own subscriptions."),
    ("agent", "What agents call, with tokens that they sign themselves."),
    ("live feed", "Tickets for the WebSocket that tells what happens."),
    ("public", "What needs no credentials."),
];

/// The document as JSON, as it is committed. A function that made it anew would carry the routers of all others along.
pub const TEXT: &str = include_str!("../../../docs/openapi.json");

/// The document. A test holds the committed one equal to it.
pub fn document() -> OpenApi {
    let mut document = OpenApiBuilder::new().info(info()).servers(Some([Server::new("/")])).build();
    let problems = problem::Problems::responses();
    for resource in routes::ALL {
        let mut part = resource.documented().into_openapi();
        for operation in part.paths.paths.values_mut().flat_map(operations) {
            operation.security = Some(security(resource.scope));
            operation.responses.responses.iter_mut().for_each(describe);
            operation.responses.responses.iter_mut().for_each(|answer| share(answer, &problems));
        }
        document.merge(part);
    }
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.extend(problem::schemas());
    components.responses.extend(problems.into_iter().map(|(status, answer)| (shared(&status), answer)));
    components.schemas.extend([
        id::<RegistrationTokenId>(),
        id::<RouteId>(),
        id::<PlanId>(),
        id::<RolloutId>(),
        id::<SubscriptionId>(),
    ]);
    components.security_schemes.extend(schemes().map(|(name, scheme)| (name, scheme.into())));
    document.tags = Some(tags(&mut document));
    document
}

/// The schema of an id that stands in paths only: no body brings it along.
fn id<T: ToSchema>() -> (String, RefOr<Schema>) {
    (T::name().into_owned(), T::schema())
}

fn info() -> Info {
    let mut info = Info::new("Switchtower", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "A serverless, multi-tenant control plane for fleets of clusters. Errors are problems (RFC 9457) with a stable \
         `code`; lists are paged by `next_cursor`; changes honour `If-Match`; every POST takes an `Idempotency-Key`. \
         Users of several tenants name one in `X-Tenant`, by id or slug."
            .to_owned(),
    );
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    info.license = Some(license);
    info
}

/// The tags that are in use, with what they are about.
fn tags(document: &mut OpenApi) -> Vec<Tag> {
    let operations = document.paths.paths.values_mut().flat_map(operations);
    let used: BTreeSet<String> = operations.flat_map(|operation| operation.tags.clone().unwrap_or_default()).collect();
    let described = TAGS.iter().filter(|(name, _)| used.contains(*name));
    let tag = |(name, text): &(&str, &str)| {
        let mut tag = Tag::new(*name);
        tag.description = Some((*text).to_owned());
        tag
    };
    described.map(tag).collect()
}

/// Names an answer after its status, where its endpoint says no more of it.
fn describe((status, response): (&String, &mut RefOr<Response>)) {
    let RefOr::T(response) = response else { return };
    if response.description.is_empty() {
        let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
        response.description = status.and_then(|status| status.canonical_reason()).unwrap_or("Answer").to_owned();
    }
}

/// Refers to a problem that every endpoint may answer, instead of repeating it.
fn share((status, answer): (&String, &mut RefOr<Response>), problems: &BTreeMap<String, RefOr<Response>>) {
    if problems.get(status).is_some_and(|problem| problem == answer) {
        *answer = RefOr::Ref(Ref::from_response_name(shared(status)));
    }
}

/// The name of the problems of a status among the components.
fn shared(status: &str) -> String {
    format!("Problem{status}")
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
    operations.into_iter().flatten()
}

/// How callers of a resource say who they are: one of these.
fn security(scope: Scope) -> Vec<SecurityRequirement> {
    let schemes: &[&str] = match scope {
        Scope::Tenant | Scope::Own => &["bearerAuth", "apiKeyAuth"],
        Scope::System => &["bearerAuth"],
        Scope::Agent => &["agentAuth"],
        Scope::Public => &[],
    };
    schemes.iter().map(|scheme| SecurityRequirement::new(*scheme, [] as [&str; 0])).collect()
}

fn schemes() -> [(String, SecurityScheme); 3] {
    let bearer = |description: &str| {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.bearer_format = Some("JWT".to_owned());
        http.description = Some(description.to_owned());
        SecurityScheme::Http(http)
    };
    let key = ApiKeyValue::with_description("X-API-Key", "An API key, `swt_…`. It may also be sent as a bearer token.");
    [
        ("bearerAuth".to_owned(), bearer("A token of the identity provider.")),
        ("apiKeyAuth".to_owned(), SecurityScheme::ApiKey(ApiKey::Header(key))),
        ("agentAuth".to_owned(), bearer("A token that an agent signed with its own key.")),
    ]
}
