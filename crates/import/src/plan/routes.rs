//! The document's routes meet those that exist.

use std::collections::HashMap;

use switchtower_domain::{
    api_service::{BackendRef, Method, Origin, PathMatch, Route, RouteInput},
    id::BackendId,
    name::Name,
};

use super::{IdSource, changes::PartChanges};
use crate::{name::Names, server::Address, wanted::WantedRoute};

/// Finds an imported route for everything that is wanted, makes those that are missing, and drops the rest.
pub(super) fn merge(
    current: &[Route],
    wanted: Vec<WantedRoute>,
    backends: &HashMap<Address, BackendId>,
    overwrite: bool,
    ids: &mut dyn IdSource,
    changes: &mut PartChanges,
) -> Vec<Route> {
    let found = find(current, &wanted);
    let mut claims: HashMap<usize, WantedRoute> = HashMap::new();
    let mut fresh = Vec::new();
    for (wanted, found) in wanted.into_iter().zip(found) {
        match found {
            Some(index) => drop(claims.insert(index, wanted)),
            None => fresh.push(wanted),
        }
    }
    let mut routes = Vec::new();
    for (index, route) in current.iter().enumerate() {
        let mut route = route.clone();
        let stays = match claims.remove(&index) {
            Some(wanted) => {
                let RouteInput { description, path, methods, backend_refs, tags, .. } =
                    specified(wanted, route.spec.name.clone(), backends);
                let spec = RouteInput { description, path, methods, backend_refs, tags, ..route.spec.clone() };
                changes.settle(&mut route, spec, overwrite);
                true
            }
            None => changes.stays(&mut route, overwrite),
        };
        if stays {
            routes.push(route);
        }
    }
    let mut names = Names::default();
    routes.iter().for_each(|route| names.take(&route.spec.name));
    for wanted in fresh {
        let name = names.free(&wanted.name);
        changes.add(&name);
        routes.push(Route { id: ids.route(), origin: Origin::Imported, spec: specified(wanted, name, backends) });
    }
    routes
}

/// The route as the document says it.
fn specified(wanted: WantedRoute, name: Name, backends: &HashMap<Address, BackendId>) -> RouteInput {
    let backend = backends.get(&wanted.address);
    let references = backend.map(|id| BackendRef { backend_id: *id, weight: 1 }).into_iter().collect();
    RouteInput {
        description: wanted.description,
        methods: wanted.methods,
        tags: wanted.tags,
        ..RouteInput::new(name, wanted.path, references)
    }
}

/// For each wanted route, the imported one that it is: by path and methods, else by path and a common method,
/// else by name.
fn find(current: &[Route], wanted: &[WantedRoute]) -> Vec<Option<usize>> {
    let mut by_path: HashMap<&PathMatch, Vec<usize>> = HashMap::new();
    let mut by_name: HashMap<&Name, usize> = HashMap::new();
    for (index, route) in current.iter().enumerate().filter(|(_, route)| !route.origin.is_manual()) {
        by_path.entry(&route.spec.path).or_default().push(index);
        by_name.insert(&route.spec.name, index);
    }
    let mut found = vec![None; wanted.len()];
    let mut taken = vec![false; current.len()];
    for pass in [Pass::Same, Pass::Overlapping, Pass::Named] {
        for (wanted, found) in wanted.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let at_path = by_path.get(&wanted.path).map(Vec::as_slice).unwrap_or_default();
            let named: Vec<usize> = by_name.get(&wanted.name).copied().into_iter().collect();
            let candidates = if pass == Pass::Named { named.as_slice() } else { at_path };
            let fits = |index: &&usize| {
                let methods = current.get(**index).map(|route| route.spec.methods.as_slice());
                let free = taken.get(**index) == Some(&false);
                free && methods.is_some_and(|methods| pass.fits(methods, &wanted.methods))
            };
            *found = candidates.iter().find(fits).copied();
            if let Some(taken) = found.and_then(|index| taken.get_mut(index)) {
                *taken = true;
            }
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Pass {
    Same,
    Overlapping,
    Named,
}

impl Pass {
    fn fits(self, known: &[Method], wanted: &[Method]) -> bool {
        match self {
            Self::Same => known.len() == wanted.len() && wanted.iter().all(|method| known.contains(method)),
            Self::Overlapping => known.is_empty() || wanted.iter().any(|method| known.contains(method)),
            Self::Named => true,
        }
    }
}
