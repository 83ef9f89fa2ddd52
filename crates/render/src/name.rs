//! The names of objects: see the crate's documentation.

use switchtower_domain::{
    api_service::Backend,
    id::{Id, Prefixed},
};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use crate::limit;

/// The name of the deployment's Gateway, and of what else there is one of.
pub(crate) fn gateway(snapshot: &Snapshot) -> String {
    join(snapshot.publish.name.as_str(), &short(snapshot.deployment_id))
}

/// The name of one of several objects of a deployment.
pub(crate) fn numbered(snapshot: &Snapshot, number: usize) -> String {
    join(snapshot.publish.name.as_str(), &format!("{}-{number}", short(snapshot.deployment_id)))
}

/// The name of a Backend and of its BackendTLSPolicy.
pub(crate) fn backend(snapshot: &Snapshot, backend: &Backend) -> String {
    let words = format!("{}-{}", snapshot.publish.name, backend.spec.name);
    join(&words, &format!("{}-{}", short(snapshot.deployment_id), short(backend.id)))
}

/// The name of the HTTPRoute of an API service that has this number.
pub(crate) fn http_route(snapshot: &Snapshot, service: &ApiServicePart, number: usize) -> String {
    let words = format!("{}-{}", snapshot.publish.name, service.name);
    join(&words, &format!("{}-{}-{number}", short(snapshot.deployment_id), short(service.id)))
}

/// Forty random bits of an id.
fn short<K: Prefixed>(id: Id<K>) -> String {
    id.suffix().chars().skip(18).collect()
}

/// `words-ending`, where words are cut so that the whole fits.
fn join(words: &str, ending: &str) -> String {
    let room = limit::NAME.saturating_sub(ending.len() + 1);
    let words = words.get(..room).unwrap_or(words).trim_end_matches('-');
    format!("{words}-{ending}")
}
