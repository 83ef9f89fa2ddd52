//! From what a publish joins to the snapshot of a generation, or to everything that is in the way. Pure.

use switchtower_domain::{
    api_service::{ActiveStatus, ApiService, Definition},
    deployment::DeploymentId,
    field::FieldErrors,
    product::ProductStatus,
    product_publish::ProductPublish,
    resource::Resource,
};
use switchtower_protocol::snapshot::{
    ApiServicePart, GatewayPart, MAX_BYTES, ProductPart, PublishPart, SCHEMA, Snapshot,
};
use switchtower_render::{Problem, Subject};

use super::sources::Sources;
use crate::{Error, call};

/// The most obstacles that one answer tells.
const MOST: usize = 50;

/// A snapshot as the bytes that are stored, and their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiled {
    pub(super) json: Vec<u8>,
    pub(super) digest: String,
}

/// Makes the snapshot of a publish. What a cluster could not serve is refused here, with object, field and sentence.
pub(super) fn compile(
    publish: &Resource<ProductPublish>,
    sources: &Sources,
    deployment_id: DeploymentId,
) -> Result<Compiled, Error> {
    obstacles(sources).or(()).map_err(Error::NotPublishable)?;
    let snapshot = snapshot(publish, sources, deployment_id);
    switchtower_render::check(&snapshot).map_err(|error| unrenderable(error.into_problems()))?;
    let json = serde_json::to_vec(&snapshot).map_err(|error| Error::Unavailable(Box::new(error)))?;
    if json.len() > MAX_BYTES {
        return Err(Error::TooLarge { what: "snapshot", bytes: json.len(), limit: MAX_BYTES });
    }
    let digest = call::sha256_of(&json);
    Ok(Compiled { json, digest })
}

/// The states that do not allow publishing.
fn obstacles(sources: &Sources) -> FieldErrors {
    let Sources { product, gateway, services, .. } = sources;
    let mut errors = FieldErrors::new();
    if product.body.status != ProductStatus::Active {
        let detail = format!("Product `{}` is {}; activate it first.", product.name, product.body.status.name());
        errors.add(format!("/product/{}/status", product.id), "product_not_active", detail);
    }
    if gateway.body.status != ActiveStatus::Active {
        let detail = format!("Gateway template `{}` is inactive; activate it first.", gateway.name);
        errors.add(format!("/gateway/{}/status", gateway.id), "gateway_not_active", detail);
    }
    if services.is_empty() {
        let detail = format!("Product `{}` has no API services; add one.", product.name);
        errors.add(format!("/product/{}/api_services", product.id), "no_api_services", detail);
    }
    for (service, definition) in services {
        service_obstacles(service, definition, &mut errors);
    }
    errors
}

fn service_obstacles(service: &Resource<ApiService>, definition: &Definition, errors: &mut FieldErrors) {
    let pointer = |field: &str| format!("/api_service/{}/{field}", service.id);
    if service.body.status != ActiveStatus::Active {
        let detail = format!("API service `{}` is inactive; activate it first.", service.name);
        errors.add(pointer("status"), "api_service_not_active", detail);
    }
    if definition.routes.is_empty() {
        let detail = format!("API service `{}` has no routes; add one.", service.name);
        errors.add(pointer("routes"), "no_routes", detail);
    }
}

fn snapshot(publish: &Resource<ProductPublish>, sources: &Sources, deployment_id: DeploymentId) -> Snapshot {
    let Sources { product, gateway, services, .. } = sources.clone();
    let part = |(service, definition): (Resource<ApiService>, Definition)| ApiServicePart {
        id: service.id,
        name: service.name,
        version: service.body.version,
        routes: definition.routes,
        backends: definition.backends,
    };
    Snapshot {
        schema: SCHEMA,
        tenant_id: publish.tenant_id,
        cluster_id: publish.body.cluster_id,
        deployment_id,
        publish: PublishPart {
            id: publish.id,
            name: publish.name.clone(),
            environment: publish.body.environment,
            hostnames: publish.body.hostnames.clone(),
        },
        product: ProductPart { id: product.id, name: product.name, version: product.body.version },
        gateway: GatewayPart {
            id: gateway.id,
            name: gateway.name,
            class: gateway.body.class,
            listeners: gateway.body.listeners,
        },
        api_services: services.into_iter().map(part).collect(),
    }
}

/// What cannot be rendered, by kind, id and field.
fn unrenderable(problems: Vec<Problem>) -> Error {
    let mut errors = FieldErrors::new();
    for Problem { subject, field } in problems.into_iter().take(MOST) {
        let (object, called) = match &subject {
            Subject::Options => ("/options".to_owned(), String::new()),
            Subject::Snapshot => ("/snapshot".to_owned(), String::new()),
            Subject::Publish { id, name } => (format!("/product_publish/{id}"), format!("Publish `{name}`: ")),
            Subject::Gateway { id, name } => (format!("/gateway/{id}"), format!("Gateway template `{name}`: ")),
            Subject::Route { id, name, .. } => (format!("/route/{id}"), format!("Route `{name}`: ")),
            Subject::Backend { id, name, .. } => (format!("/backend/{id}"), format!("Backend `{name}`: ")),
        };
        errors.add(format!("{object}{}", field.pointer), field.code, format!("{called}{}", field.detail));
    }
    Error::NotPublishable(errors)
}

#[cfg(test)]
mod tests;
