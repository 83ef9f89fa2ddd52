//! What the objects cannot hold: the bounds of the domain once more, and those of the gateway.

mod auth;
mod bound;
mod capability;
mod envoy;
mod gateway;
mod host;
mod overlap;
mod path;
mod policy;
pub(crate) mod re2;
mod rewrite;
mod rivals;
mod service;
pub(crate) mod template;
mod traffic;

use std::collections::HashSet;

use switchtower_domain::{field::FieldErrors, gateway::GatewayClass, hostname::is_dns_name};
use switchtower_protocol::snapshot::{self, Snapshot};

use crate::{
    error::{Problems, RenderError, Subject},
    limit, nginx,
    object::Rendered,
    options::Options,
};

/// Whether objects can be made of a snapshot.
pub(crate) fn check(snapshot: &Snapshot, options: &Options) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    problems.take(|| Subject::Options, of_options(options));
    problems.take(|| Subject::Snapshot, of_snapshot(snapshot));
    problems.take(|| Subject::gateway(snapshot), gateway::check(&snapshot.gateway));
    problems.take(|| Subject::publish(snapshot), host::of_publish(snapshot));
    problems.take(|| Subject::publish(snapshot), auth::check(&snapshot.publish.auth));
    for rule in &snapshot.policies {
        problems.take(|| Subject::policy(rule), policy::check(rule));
    }
    for part in &snapshot.api_services {
        service::check(part, &mut problems);
    }
    host::of_routes(snapshot, &mut problems);
    problems.into_result()?;
    let mut problems = Problems::default();
    capability::check(snapshot, &mut problems);
    rewrite::check(snapshot, &mut problems);
    if snapshot.gateway.class == GatewayClass::Envoy {
        envoy::check(snapshot, &mut problems);
    }
    problems.into_result()?;
    // Overlaps are looked for only in what is known to be sound.
    match snapshot.gateway.class {
        GatewayClass::Envoy => overlap::check(snapshot),
        GatewayClass::Nginx => nginx::check(snapshot, options),
    }
}

/// Whether the objects can live side by side, and be reported on.
pub(crate) fn objects(rendered: &Rendered) -> Result<(), RenderError> {
    let mut errors = FieldErrors::new();
    let detail = format!(
        "The deployment takes {} objects in the cluster; {} is the most. Publish fewer API services together.",
        rendered.objects.len(),
        limit::OBJECTS
    );
    errors.require(rendered.objects.len() <= limit::OBJECTS, "/api_services", "too_many_objects", detail);
    let mut names = HashSet::new();
    for object in &rendered.objects {
        let fresh = names.insert((object.kind, object.namespace.as_str(), object.name.as_str()));
        let detail = format!("Two objects of kind {} would be called `{}`.", object.kind, object.name);
        errors.require(fresh, "/api_services", "name_collision", detail);
    }
    let mut problems = Problems::default();
    problems.take(|| Subject::Snapshot, errors);
    problems.into_result()
}

fn of_options(options: &Options) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let label = is_dns_name(&options.namespace) && !options.namespace.contains('.');
    errors.require(label, "/namespace", "namespace", "A namespace is an RFC 1123 label.");
    let class = is_dns_name(&options.envoy_gateway_class);
    errors.require(class, "/envoy_gateway_class", "gateway_class", "A GatewayClass has a lower-case DNS name.");
    errors
}

fn of_snapshot(snapshot: &Snapshot) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let detail = format!("Snapshots up to schema {} are known here; update the agent.", snapshot::SCHEMA);
    errors.require(snapshot::is_known(snapshot.schema), "/schema", "unknown_schema", detail);
    let mut ids = HashSet::new();
    for (index, part) in snapshot.api_services.iter().enumerate() {
        let detail = format!("API service `{}` is there twice.", part.name);
        errors.require(ids.insert(part.id), format!("/api_services/{index}/id"), "duplicate", detail);
    }
    errors
}
