//! Rendering, in the driver's words.

use switchtower_domain::gateway::GatewayClass;
use switchtower_protocol::snapshot::Snapshot;
use switchtower_render::{Options, Problem, Subject, render};

use crate::port::{Failure, Object, ObjectKey};

/// The Kubernetes objects of a snapshot, or everything that keeps it from being rendered.
pub(super) fn plan(snapshot: &Snapshot, options: &Options) -> Result<Vec<Object>, Vec<Failure>> {
    match render(snapshot, options) {
        Ok(rendered) => Ok(rendered.objects.into_iter().map(object).collect()),
        Err(error) => Err(error.into_problems().into_iter().map(failure).collect()),
    }
}

/// The same for a driver that serves one class of gateways: what is of another one would be put where nobody reads it.
pub(super) fn plan_of(
    class: GatewayClass,
    snapshot: &Snapshot,
    options: &Options,
) -> Result<Vec<Object>, Vec<Failure>> {
    if snapshot.gateway.class == class {
        return plan(snapshot, options);
    }
    let (asked, served) = (snapshot.gateway.class.name(), class.name());
    let message = format!(
        "This cluster's agent serves gateways of class `{served}`, and this one is of class `{asked}`; publish it to a cluster that serves those."
    );
    let (kind, name) = ("GatewayTemplate".to_owned(), snapshot.gateway.name.to_string());
    Err(vec![Failure { kind, name, field: Some("/class".to_owned()), message }])
}

fn object(object: switchtower_render::Object) -> Object {
    let key = ObjectKey {
        api_version: object.api_version.to_owned(),
        kind: object.kind.to_owned(),
        namespace: Some(object.namespace).filter(|namespace| !namespace.is_empty()),
        name: object.name,
    };
    Object { key, manifest: object.manifest }
}

fn failure(problem: Problem) -> Failure {
    let (kind, name) = match problem.subject {
        Subject::Options => ("Options", "agent".to_owned()),
        Subject::Snapshot => ("Snapshot", "snapshot".to_owned()),
        Subject::Publish { name, .. } => ("ProductPublish", name.to_string()),
        Subject::Gateway { name, .. } => ("GatewayTemplate", name.to_string()),
        Subject::Route { name, .. } => ("Route", name.to_string()),
        Subject::Backend { name, .. } => ("Backend", name.to_string()),
        Subject::Policy { name, .. } => ("Policy", name.to_string()),
    };
    let field = Some(problem.field.pointer).filter(|pointer| !pointer.is_empty());
    Failure { kind: kind.to_owned(), name, field, message: problem.field.detail }
}
