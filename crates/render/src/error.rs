//! What keeps a snapshot from being rendered.

use std::fmt;

use switchtower_domain::{
    api_service::{ApiServiceId, Backend, Route},
    field::{FieldError, FieldErrors},
    gateway::GatewayId,
    id::{BackendId, RouteId},
    name::Name,
    policy::{PolicyId, Rule},
    product_publish::ProductPublishId,
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

/// The part of the input that a problem is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "ids and names of what the variant is called")]
pub enum Subject {
    /// The options.
    Options,
    /// The snapshot as a whole.
    Snapshot,
    /// The publish.
    Publish { id: ProductPublishId, name: Name },
    /// The gateway template.
    Gateway { id: GatewayId, name: Name },
    /// A route of an API service.
    Route { api_service_id: ApiServiceId, id: RouteId, name: Name },
    /// A backend of an API service.
    Backend { api_service_id: ApiServiceId, id: BackendId, name: Name },
    /// A policy.
    Policy { id: PolicyId, name: Name },
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The part that it is in.
    pub subject: Subject,
    /// The field, with a JSON pointer relative to the part, a code and a sentence.
    pub field: FieldError,
}

/// Everything that is wrong, at least one thing, in the order of the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.summary())]
pub struct RenderError {
    problems: Vec<Problem>,
}

impl RenderError {
    /// What is wrong.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What is wrong, to keep.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    fn summary(&self) -> String {
        match self.problems.split_first() {
            Some((first, [])) => format!("cannot render: {first}"),
            Some((first, rest)) => format!("cannot render: {first} (and {} more)", rest.len()),
            None => "cannot render".to_owned(),
        }
    }
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Takes in what is wrong with a part.
    pub(crate) fn take(&mut self, subject: impl Fn() -> Subject, fields: FieldErrors) {
        self.0.extend(fields.into_vec().into_iter().map(|field| Problem { subject: subject(), field }));
    }

    /// An error unless there is none.
    pub(crate) fn into_result(self) -> Result<(), RenderError> {
        if self.0.is_empty() { Ok(()) } else { Err(RenderError { problems: self.0 }) }
    }
}

impl Subject {
    pub(crate) fn publish(snapshot: &Snapshot) -> Self {
        Self::Publish { id: snapshot.publish.id, name: snapshot.publish.name.clone() }
    }

    pub(crate) fn gateway(snapshot: &Snapshot) -> Self {
        Self::Gateway { id: snapshot.gateway.id, name: snapshot.gateway.name.clone() }
    }

    pub(crate) fn route(service: &ApiServicePart, route: &Route) -> Self {
        Self::Route { api_service_id: service.id, id: route.id, name: route.spec.name.clone() }
    }

    pub(crate) fn backend(service: &ApiServicePart, backend: &Backend) -> Self {
        Self::Backend { api_service_id: service.id, id: backend.id, name: backend.spec.name.clone() }
    }

    pub(crate) fn policy(rule: &Rule) -> Self {
        Self::Policy { id: rule.id, name: rule.name.clone() }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options => f.write_str("options"),
            Self::Snapshot => f.write_str("snapshot"),
            Self::Publish { id, name } => write!(f, "publish `{name}` ({id})"),
            Self::Gateway { id, name } => write!(f, "gateway `{name}` ({id})"),
            Self::Route { id, name, .. } => write!(f, "route `{name}` ({id})"),
            Self::Backend { id, name, .. } => write!(f, "backend `{name}` ({id})"),
            Self::Policy { id, name } => write!(f, "policy `{name}` ({id})"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.subject, self.field.pointer, self.field.detail)
    }
}
