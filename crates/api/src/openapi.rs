//! The OpenAPI 3.1 document, made once of the routers that answer.

use std::sync::LazyLock;

use utoipa::openapi::{
    Components, Info, License, OpenApi, OpenApiBuilder, PathItem, SecurityRequirement, Server, Tag,
    path::Operation,
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

use crate::{Scope, edge::problem, routes};

/// What the groups of operations are about.
const TAGS: &[(&str, &str)] = &[
    ("me", "Who the caller is."),
    ("tenants", "Tenants, for those who run the installation."),
    ("API keys", "Keys for programs, with roles of their own."),
    ("events", "The audit log."),
    ("clusters", "Clusters and their states."),
    ("registration tokens", "One-time tokens that register agents."),
    ("agents", "The programs in clusters that apply what is desired."),
    ("cluster deployments", "What runs where, for operators."),
    ("public", "What needs no credentials."),
];

static TEXT: LazyLock<String> = LazyLock::new(|| {
    // INVARIANT: the document is made of values that have a JSON form.
    serde_json::to_string(&document()).unwrap_or_default()
});

/// The document as JSON.
pub fn text() -> &'static str {
    &TEXT
}

/// The document.
pub fn document() -> OpenApi {
    let mut document = OpenApiBuilder::new().info(info()).servers(Some([Server::new("/")])).build();
    for resource in routes::ALL {
        let mut part = resource.documented().into_openapi();
        for operation in part.paths.paths.values_mut().flat_map(operations) {
            operation.security = Some(security(resource.scope));
        }
        document.merge(part);
    }
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.extend(problem::schemas());
    components.security_schemes.extend(schemes().map(|(name, scheme)| (name, scheme.into())));
    document.tags = Some(tags(&document));
    document
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

/// The tags that are in use, described.
fn tags(document: &OpenApi) -> Vec<Tag> {
    let mut used: Vec<_> = document.paths.paths.values().flat_map(documented).collect();
    used.sort_unstable();
    used.dedup();
    let describe = |name: &str| {
        let mut tag = Tag::new(name);
        tag.description = TAGS.iter().find(|(tag, _)| *tag == name).map(|(_, text)| (*text).to_owned());
        tag
    };
    used.into_iter().map(describe).collect()
}

fn documented(item: &PathItem) -> Vec<&str> {
    let operations = [&item.get, &item.put, &item.post, &item.delete, &item.patch];
    operations.into_iter().flatten().flat_map(|operation| operation.tags.iter().flatten()).map(String::as_str).collect()
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
