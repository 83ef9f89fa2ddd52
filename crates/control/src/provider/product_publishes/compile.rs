//! From what a publish joins to the snapshot of a generation, or to everything that is in the way. Pure.

mod select;

use std::collections::BTreeSet;

use switchtower_domain::{
    cluster::Cluster, deployment::DeploymentId, field::FieldErrors, product_publish::ProductPublish, resource::Resource,
};
use switchtower_protocol::snapshot::{GatewayPart, MAX_BYTES, ProductPart, PublishPart, SCHEMA, Snapshot};
use switchtower_render::{Object, Options, Problem, Rendered, Subject};

use self::select::{Selected, select};
use super::sources::Sources;
use crate::{Error, call};

/// The most obstacles that one answer tells.
const MOST: usize = 50;

/// A snapshot as the bytes that are stored, and their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::provider) struct Compiled {
    pub(in crate::provider) json: Vec<u8>,
    pub(in crate::provider) digest: String,
}

/// Makes the snapshot of a publish. What a cluster could not serve is refused here, with object, field and sentence.
pub(in crate::provider) fn compile(
    publish: &Resource<ProductPublish>,
    sources: &Sources,
    deployment_id: DeploymentId,
) -> Result<Compiled, Error> {
    let selected = select(publish, sources, deployment_id).map_err(Error::NotPublishable)?;
    let snapshot = snapshot(publish, sources, selected);
    let rendered = switchtower_render::render(&snapshot, &options(&sources.cluster));
    let rendered = rendered.map_err(|error| unrenderable(error.into_problems()))?;
    unserved(sources, &rendered).or(()).map_err(Error::NotPublishable)?;
    let json = serde_json::to_vec(&snapshot).map_err(|error| Error::Unavailable(Box::new(error)))?;
    if json.len() > MAX_BYTES {
        return Err(Error::TooLarge { what: "snapshot", bytes: json.len(), limit: MAX_BYTES });
    }
    let digest = call::sha256_of(&json);
    Ok(Compiled { json, digest })
}

/// How the cluster's agent renders, as far as it has told.
pub(super) fn options(cluster: &Resource<Cluster>) -> Options {
    let told = cluster.body.capabilities.as_ref();
    let mut options = Options::default();
    if let Some(namespace) = told.and_then(|told| told.namespace.clone()) {
        options.namespace = namespace;
    }
    if let Some(class) = told.and_then(|told| told.gateway_class_name.clone()) {
        options.envoy_gateway_class = class;
    }
    options
}

/// What the cluster's agent has told that it cannot do. An agent that was never heard will tell in its report.
fn unserved(sources: &Sources, rendered: &Rendered) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let (cluster, gateway) = (&sources.cluster, &sources.gateway);
    let Some(told) = &cluster.body.capabilities else { return errors };
    let pointer = format!("/gateway/{}/class", gateway.id);
    let class = gateway.body.class.name();
    if !told.gateway_classes.iter().any(|one| one == class) {
        let serves = match told.gateway_classes.as_slice() {
            [] => "none now".to_owned(),
            classes => format!("`{}`", classes.join("`, `")),
        };
        let why = told.problems.first().map(|problem| format!(" {}", problem.message)).unwrap_or_default();
        let detail = format!(
            "The agent of cluster `{}` (driver `{}`) does not serve gateway class `{class}`; it serves {serves}.{why}",
            cluster.name, told.driver
        );
        errors.add(pointer, "not_supported", detail);
        return errors;
    }
    let served = |object: &Object| told.apis.is_empty() || told.apis.contains(&api(object));
    let missing: BTreeSet<_> = rendered.objects.iter().filter(|object| !served(object)).map(api).collect();
    for api in missing {
        let detail =
            format!("Cluster `{}` does not serve `{api}`, which this publish needs; install it.", cluster.name);
        errors.add(pointer.clone(), "not_supported", detail);
    }
    errors
}

fn api(object: &Object) -> String {
    format!("{}/{}", object.api_version, object.kind)
}

/// The snapshot of what is joined.
fn snapshot(publish: &Resource<ProductPublish>, sources: &Sources, selected: Selected) -> Snapshot {
    let Sources { product, gateway, .. } = sources;
    let settings = &publish.body.settings;
    Snapshot {
        schema: SCHEMA,
        tenant_id: publish.tenant_id,
        cluster_id: publish.body.cluster_id,
        deployment_id: selected.deployment_id,
        publish: PublishPart {
            id: publish.id,
            name: publish.name.clone(),
            environment: settings.environment,
            hostnames: selected.hostnames,
            auth: settings.auth.clone(),
            drift: settings.drift,
        },
        product: ProductPart { id: product.id, name: product.name.clone(), version: product.body.version.clone() },
        gateway: GatewayPart {
            id: gateway.id,
            name: gateway.name.clone(),
            class: gateway.body.class,
            listeners: gateway.body.listeners.clone(),
            client: gateway.body.client.clone(),
        },
        api_services: selected.api_services,
        policies: selected.policies,
    }
}

/// What cannot be rendered, by kind, id and field.
pub(super) fn unrenderable(problems: Vec<Problem>) -> Error {
    let mut errors = FieldErrors::new();
    for Problem { subject, field } in problems.into_iter().take(MOST) {
        let (object, called) = match &subject {
            Subject::Options => ("/options".to_owned(), String::new()),
            Subject::Snapshot => ("/snapshot".to_owned(), String::new()),
            Subject::Publish { id, name } => (format!("/product_publish/{id}"), format!("Publish `{name}`: ")),
            Subject::Gateway { id, name } => (format!("/gateway/{id}"), format!("Gateway template `{name}`: ")),
            Subject::Route { id, name, .. } => (format!("/route/{id}"), format!("Route `{name}`: ")),
            Subject::Backend { id, name, .. } => (format!("/backend/{id}"), format!("Backend `{name}`: ")),
            Subject::Policy { id, name } => (format!("/policy/{id}"), format!("Policy `{name}`: ")),
        };
        errors.add(format!("{object}{}", field.pointer), field.code, format!("{called}{}", field.detail));
    }
    Error::NotPublishable(errors)
}

#[cfg(test)]
mod tests;
