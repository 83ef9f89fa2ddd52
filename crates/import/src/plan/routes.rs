//! The document's routes meet those that exist.

use std::collections::{HashMap, HashSet};

use switchtower_domain::{
    api_service::{BackendRef, Bases, Method, Part, PathMatch, Route, RouteInput},
    id::BackendId,
    name::Name,
};

use super::{
    IdSource,
    ledger::Ledger,
    matching::{Known, find},
};
use crate::{
    name::Names,
    note::Notes,
    server::Address,
    wanted::{Wanted, WantedRoute},
};

/// Finds a known route for everything that is wanted, makes those that are missing, and drops the rest.
pub(super) fn merge(
    current: &[Route],
    before: &Bases<Route>,
    wanted: Wanted,
    backends: &HashMap<Address, BackendId>,
    ledger: &mut Ledger<'_, Route>,
    ids: &mut dyn IdSource,
) -> Vec<Route> {
    let Wanted { routes: wanted, by_hand } = wanted;
    let found = find(current, before, &wanted);
    let mut claims: HashMap<Known, WantedRoute> = HashMap::new();
    let mut fresh = Vec::new();
    for (wanted, found) in wanted.into_iter().zip(found) {
        match found {
            Some(known) => drop(claims.insert(known, wanted)),
            None => fresh.push(wanted),
        }
    }
    let mut routes = Vec::new();
    for (index, route) in current.iter().enumerate() {
        match claims.remove(&Known::Present(index)) {
            Some(wanted) => {
                let said = specified(wanted, &ledger.base_spec(route), backends);
                routes.push(ledger.settled(route, said));
            }
            None => routes.extend(ledger.dropped(route)),
        }
    }
    let mut names = Names::default();
    routes.iter().for_each(|route| names.take(&route.spec.name));
    for (index, route) in before.deleted.iter().enumerate() {
        match claims.remove(&Known::Deleted(index)) {
            Some(wanted) => {
                let said = specified(wanted, &route.spec, backends);
                routes.extend(ledger.deleted(route, &said, &mut names));
            }
            // The document has it, even though a route made by hand answers it at the moment.
            None if by_hand.contains(&route.spec.path) => ledger.bases.deleted.push(route.clone()),
            None => {}
        }
    }
    for wanted in fresh {
        let name = names.free(&wanted.name);
        ledger.add(&name);
        let blank = RouteInput::new(name, wanted.path.clone(), Vec::new());
        routes.push(Route::imported(ids.route(), specified(wanted, &blank, backends)));
    }
    routes
}

/// The route as the document says it; the rest is as it was.
fn specified(wanted: WantedRoute, base: &RouteInput, backends: &HashMap<Address, BackendId>) -> RouteInput {
    let backend = backends.get(&wanted.address);
    RouteInput {
        description: wanted.description,
        path: wanted.path,
        methods: wanted.methods,
        backend_refs: backend.map(|id| BackendRef { backend_id: *id, weight: 1 }).into_iter().collect(),
        tags: wanted.tags,
        extensions: wanted.extensions,
        name: base.name.clone(),
        status: base.status,
        hostnames: base.hostnames.clone(),
        headers: base.headers.clone(),
        query_params: base.query_params.clone(),
        priority: base.priority,
        timeouts: base.timeouts.clone(),
    }
}

/// Notes the requests that two routes answer because a person gave one of them another path or other methods.
pub(super) fn note_overlaps(routes: &[Route], notes: &mut Notes) {
    let mut seen: HashMap<&PathMatch, Vec<&Route>> = HashMap::new();
    let mut told: HashSet<&Name> = HashSet::new();
    for route in routes.iter().filter(|route| answers_every_host(&route.spec)) {
        let earlier = seen.entry(&route.spec.path).or_default();
        let same = earlier.iter().find(|other| share_a_method(&other.spec.methods, &route.spec.methods));
        if let Some(other) = same
            && !(other.origin.is_manual() && route.origin.is_manual())
            && told.insert(&route.spec.name)
        {
            let detail = format!(
                "The routes `{}` and `{}` answer the same requests; change or delete one of them.",
                other.spec.name, route.spec.name
            );
            notes.add("/paths", "same_requests", detail);
        }
        earlier.push(route);
    }
}

/// Whether nothing but path and method decides.
pub(crate) fn answers_every_host(spec: &RouteInput) -> bool {
    spec.hostnames.is_empty() && spec.headers.is_empty() && spec.query_params.is_empty()
}

fn share_a_method(one: &[Method], other: &[Method]) -> bool {
    one.is_empty() || other.is_empty() || one.iter().any(|method| other.contains(method))
}
