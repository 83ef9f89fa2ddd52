//! What of all that is joined is published, or the states and names that do not allow it.

use std::collections::HashSet;

use switchtower_domain::{
    api_service::{ActiveStatus, ApiService, Definition, Route},
    deployment::DeploymentId,
    field::FieldErrors,
    id::RouteId,
    policy::{PolicyScope, Rule},
    product::ProductStatus,
    product_publish::{MAX_HOSTNAMES, ProductPublish, TemplateValues},
    resource::Resource,
};
use switchtower_protocol::snapshot::ApiServicePart;

use super::super::sources::Sources;

/// What is published.
pub(super) struct Selected {
    pub(super) deployment_id: DeploymentId,
    pub(super) hostnames: Vec<String>,
    pub(super) api_services: Vec<ApiServicePart>,
    pub(super) policies: Vec<Rule>,
}

/// Selects what is published.
pub(super) fn select(
    publish: &Resource<ProductPublish>,
    sources: &Sources,
    deployment_id: DeploymentId,
) -> Result<Selected, FieldErrors> {
    let mut errors = FieldErrors::new();
    states(sources, &mut errors);
    unknown_services(publish, sources, &mut errors);
    let hostnames = hostnames(publish, sources, &mut errors);
    let filter: HashSet<RouteId> = publish.body.settings.route_ids.iter().copied().collect();
    let wanted = |route: &Route| route.spec.status.is_active() && (filter.is_empty() || filter.contains(&route.id));
    let mut api_services = Vec::new();
    for (service, definition) in &sources.services {
        let part = part(service, definition, wanted);
        if part.routes.is_empty() && filter.is_empty() {
            let detail = format!("API service `{}` has no active routes; add or activate one.", service.name);
            errors.add(format!("/api_service/{}/routes", service.id), "no_routes", detail);
        }
        inactive_backends(&part, &mut errors);
        if !part.routes.is_empty() {
            api_services.push(part);
        }
    }
    for (index, id) in publish.body.settings.route_ids.iter().enumerate() {
        let there = api_services.iter().any(|part| part.routes.iter().any(|route| route.id == *id));
        let detail = match publish.body.settings.api_service_ids.as_slice() {
            [] => format!("The product has no active route `{id}`; take it out, or activate it."),
            _ => format!(
                "The chosen API services have no active route `{id}`; take it out, activate it, or choose its API \
                 service, too."
            ),
        };
        let pointer = format!("/product_publish/{}/route_ids/{index}", publish.id);
        errors.require(there, pointer, "unknown_route", detail);
    }
    let policies = policies(sources, &api_services, &mut errors);
    errors.or(Selected { deployment_id, hostnames, api_services, policies })
}

/// The states that do not allow publishing.
fn states(sources: &Sources, errors: &mut FieldErrors) {
    let Sources { product, gateway, services, .. } = sources;
    if product.body.status != ProductStatus::Active {
        let detail = format!("Product `{}` is {}; activate it first.", product.name, product.body.status.name());
        errors.add(format!("/product/{}/status", product.id), "product_not_active", detail);
    }
    if gateway.body.status != ActiveStatus::Active {
        let detail = format!("Gateway template `{}` is inactive; activate it first.", gateway.name);
        errors.add(format!("/gateway/{}/status", gateway.id), "gateway_not_active", detail);
    }
    if product.body.api_services.is_empty() {
        let detail = format!("Product `{}` has no API services; add one.", product.name);
        errors.add(format!("/product/{}/api_services", product.id), "no_api_services", detail);
    }
    for (service, _) in services.iter().filter(|(service, _)| service.body.status != ActiveStatus::Active) {
        let detail = format!("API service `{}` is inactive; activate it first.", service.name);
        errors.add(format!("/api_service/{}/status", service.id), "api_service_not_active", detail);
    }
}

/// The chosen API services that are none of the product's.
fn unknown_services(publish: &Resource<ProductPublish>, sources: &Sources, errors: &mut FieldErrors) {
    let product = &sources.product;
    for (index, id) in publish.body.settings.api_service_ids.iter().enumerate() {
        let ours = product.body.api_services.contains(id);
        let detail = format!("Product `{}` has no API service `{id}`; take it out, or add it there.", product.name);
        errors.require(
            ours,
            format!("/product_publish/{}/api_service_ids/{index}", publish.id),
            "unknown_api_service",
            detail,
        );
    }
}

/// The host names, the one that the template makes included.
fn hostnames(publish: &Resource<ProductPublish>, sources: &Sources, errors: &mut FieldErrors) -> Vec<String> {
    let settings = &publish.body.settings;
    let mut hostnames = settings.hostnames.clone();
    let Some(template) = &settings.hostname_template else { return hostnames };
    let values = TemplateValues {
        product: sources.product.name.as_str(),
        publish: publish.name.as_str(),
        environment: settings.environment.name(),
        cluster: sources.cluster.name.as_str(),
        region: sources.cluster.body.region.as_deref(),
    };
    let pointer = format!("/product_publish/{}/hostname_template", publish.id);
    match template.fill(&values) {
        Ok(hostname) if hostnames.contains(&hostname) => {}
        Ok(hostname) => {
            hostnames.push(hostname);
            let fits = hostnames.len() <= MAX_HOSTNAMES;
            errors.require(fits, pointer, "too_many", format!("A publish has at most {MAX_HOSTNAMES} host names."));
        }
        Err(error) => errors.add(pointer, "hostname_template", format!("No host name comes out: {error}.")),
    }
    hostnames
}

/// The routes that are wanted, and the backends that they need.
fn part(service: &Resource<ApiService>, definition: &Definition, wanted: impl Fn(&Route) -> bool) -> ApiServicePart {
    let routes: Vec<Route> = definition.routes.iter().filter(|route| wanted(route)).cloned().collect();
    let needed: HashSet<_> =
        routes.iter().flat_map(|route| &route.spec.backend_refs).map(|reference| reference.backend_id).collect();
    let backends = definition.backends.iter().filter(|backend| needed.contains(&backend.id));
    ApiServicePart {
        id: service.id,
        name: service.name.clone(),
        version: service.body.version.clone(),
        backends: backends.cloned().collect(),
        // What is for people only would make a new generation of what is the same in a cluster.
        routes: routes.into_iter().map(Route::without_notes).collect(),
    }
}

fn inactive_backends(part: &ApiServicePart, errors: &mut FieldErrors) {
    let inactive = |id| part.backends.iter().find(|backend| backend.id == id && !backend.spec.status.is_active());
    for route in &part.routes {
        for (index, reference) in route.spec.backend_refs.iter().enumerate() {
            if let Some(backend) = inactive(reference.backend_id) {
                let detail = format!(
                    "Route `{}` sends requests to backend `{}`, which is inactive; activate it, or take it out.",
                    route.spec.name, backend.spec.name
                );
                errors.add(format!("/route/{}/backend_refs/{index}", route.id), "backend_not_active", detail);
            }
        }
    }
}

/// The policies that are about something published. One that names a route which is gone is an obstacle: it was meant to
/// have an effect.
fn policies(sources: &Sources, parts: &[ApiServicePart], errors: &mut FieldErrors) -> Vec<Rule> {
    let mut rules = Vec::new();
    for policy in sources.policies.iter().filter(|policy| policy.body.enabled) {
        let rule = Rule::of(policy);
        let known = |(service, definition): &(Resource<ApiService>, Definition)| {
            Some(service.id) == rule.api_service_id && rule.route_id.is_some_and(|id| definition.route(id).is_some())
        };
        let ours = sources.services.iter().any(|(service, _)| Some(service.id) == rule.api_service_id);
        if rule.scope() == PolicyScope::Route && ours && !sources.services.iter().any(known) {
            let detail =
                format!("Policy `{}` is about a route that is gone; disable it, or name another.", policy.name);
            errors.add(format!("/policy/{}/route_id", policy.id), "unknown_route", detail);
        }
        if parts.iter().any(|part| part.routes.iter().any(|route| rule.touches(part.id, route.id))) {
            rules.push(rule);
        }
    }
    rules.sort_by_key(|rule| rule.id);
    rules
}
