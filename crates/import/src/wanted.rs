//! The routes that a document asks for, before they meet those that exist.

use std::collections::{BTreeMap, HashMap, HashSet};

use indexmap::IndexMap;
use switchtower_domain::{
    api_service::{Definition, Method, PathMatch},
    name::Name,
};

use crate::{
    collect::{Collected, Target},
    name::route_name,
    note::{Notes, cut, pointer},
    path::convert,
    server::Address,
};

const MAX_DESCRIPTION: usize = 1_000;
const MAX_TAGS: usize = 16;
const MAX_TAG: usize = 63;

/// A route that the document asks for.
pub(crate) struct WantedRoute {
    /// A good name, not yet unique.
    pub(crate) name: Name,
    pub(crate) path: PathMatch,
    /// Sorted, not empty.
    pub(crate) methods: Vec<Method>,
    pub(crate) address: Address,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<String>,
}

/// The operations of one path that go to one backend.
#[derive(Default)]
struct Group<'a, 't> {
    operations: BTreeMap<Method, &'t Target<'a>>,
}

/// Groups operations by path and backend; what a person made by hand comes first.
pub(crate) fn group(collected: &Collected<'_>, current: &Definition, notes: &mut Notes) -> Vec<WantedRoute> {
    let by_hand = by_hand(current);
    let mut groups: IndexMap<(PathMatch, &Address), Group<'_, '_>> = IndexMap::new();
    let mut seen: HashSet<(PathMatch, Method)> = HashSet::new();
    let mut refused: HashSet<&str> = HashSet::new();
    for target in &collected.targets {
        let at = pointer("/paths", target.template);
        let converted = match convert(&target.location.base_path, target.template) {
            Ok(converted) => converted,
            Err(problem) => {
                // Once per path, not once per method.
                if refused.insert(target.template) {
                    let (code, detail) = problem.explain();
                    notes.add(at, code, detail);
                }
                continue;
            }
        };
        if converted.greedy && refused.insert(target.template) {
            let detail = "The parameter is taken to span several segments, which OpenAPI does not define.";
            notes.add(at.clone(), "greedy_parameter", detail);
        }
        let at = pointer(&at, &target.method.as_str().to_ascii_lowercase());
        let path = converted.path;
        if by_hand.get(&path).is_some_and(|methods| methods.is_empty() || methods.contains(&target.method)) {
            notes.add(at, "made_by_hand", "A route made by hand answers this, so none is imported for it.");
            continue;
        }
        if !seen.insert((path.clone(), target.method)) {
            notes.add(at, "same_path", "Another operation already answers this method of the same path.");
            continue;
        }
        groups.entry((path, &target.location.address)).or_default().operations.insert(target.method, target);
    }
    groups.into_iter().map(|((path, address), group)| group.into_route(path, address)).collect()
}

/// The methods that routes made by hand answer, by path.
fn by_hand(current: &Definition) -> HashMap<&PathMatch, Vec<Method>> {
    let mut by_hand: HashMap<&PathMatch, Vec<Method>> = HashMap::new();
    for route in current.routes.iter().filter(|route| route.origin.is_manual()) {
        let every = route.spec.methods.is_empty();
        match by_hand.get_mut(&route.spec.path) {
            None => drop(by_hand.insert(&route.spec.path, route.spec.methods.clone())),
            // Empty means every method.
            Some(methods) if every || methods.is_empty() => methods.clear(),
            Some(methods) => methods.extend_from_slice(&route.spec.methods),
        }
    }
    by_hand
}

impl Group<'_, '_> {
    fn into_route(self, path: PathMatch, address: &Address) -> WantedRoute {
        let targets: Vec<_> = self.operations.values().collect();
        let name = match targets.as_slice() {
            [one] => one.operation.operation_id.as_deref().unwrap_or(one.template),
            more => more.first().map_or("", |target| target.template),
        };
        let name = if name == "/" { "root" } else { name };
        WantedRoute {
            name: route_name(name),
            path,
            methods: self.operations.keys().copied().collect(),
            address: address.clone(),
            description: self.description(),
            tags: self.tags(),
        }
    }

    /// The path's summary, else the operations' summaries, else the description of the only operation.
    fn description(&self) -> Option<String> {
        let mut said: Vec<&str> = Vec::new();
        for target in self.operations.values() {
            let summary = target.path_summary.or(target.operation.summary.as_deref()).map(str::trim);
            said.extend(summary.filter(|summary| !summary.is_empty() && !said.contains(summary)));
        }
        let alone = self.operations.values().next().filter(|_| said.is_empty() && self.operations.len() == 1);
        said.extend(alone.and_then(|target| target.operation.description.as_deref()).map(str::trim));
        Some(cut(&said.join("; "), MAX_DESCRIPTION)).filter(|text| !text.is_empty())
    }

    fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = Vec::new();
        for tag in self.operations.values().flat_map(|target| &target.operation.tags) {
            let tag = cut(tag.trim(), MAX_TAG);
            if !tag.is_empty() && tags.len() < MAX_TAGS && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }
}
