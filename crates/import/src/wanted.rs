//! The routes that a document asks for, before they meet those that exist.

use std::collections::{BTreeMap, HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value;
use switchtower_domain::{
    api_service::{Definition, Method, PathMatch},
    name::Name,
};

use crate::{
    collect::{Collected, Target},
    kept::{Kept, Texts},
    name::route_name,
    note::{Notes, cut, pointer},
    path::convert,
    plan::answers_every_host,
    server::Address,
};

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
    pub(crate) extensions: BTreeMap<String, Value>,
}

/// What a document asks for that is not made by hand already.
pub(crate) struct Wanted {
    pub(crate) routes: Vec<WantedRoute>,
    /// The paths of the document that a route made by hand answers.
    pub(crate) by_hand: HashSet<PathMatch>,
}

/// The operations of one path that go to one backend.
#[derive(Default)]
pub(crate) struct Group<'a, 't> {
    pub(crate) operations: BTreeMap<Method, &'t Target<'a>>,
}

/// Groups operations by path and backend; what a person made by hand comes first.
pub(crate) fn group(collected: &Collected<'_>, current: &Definition, notes: &mut Notes) -> Wanted {
    let answered = by_hand(current);
    let mut by_hand: HashSet<PathMatch> = HashSet::new();
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
        if answered.get(&path).is_some_and(|methods| methods.is_empty() || methods.contains(&target.method)) {
            notes.add(at, "made_by_hand", "A route made by hand answers this, so none is imported for it.");
            by_hand.insert(path);
            continue;
        }
        if !seen.insert((path.clone(), target.method)) {
            notes.add(at, "same_path", "Another operation already answers this method of the same path.");
            continue;
        }
        groups.entry((path, &target.location.address)).or_default().operations.insert(target.method, target);
    }
    let mut kept = Kept::default();
    let routes = groups.into_iter().map(|((path, address), group)| group.into_route(path, address, &mut kept, notes));
    Wanted { routes: routes.collect(), by_hand }
}

/// The methods that routes made by hand answer on every host, by path.
fn by_hand(current: &Definition) -> HashMap<&PathMatch, Vec<Method>> {
    let mut by_hand: HashMap<&PathMatch, Vec<Method>> = HashMap::new();
    let made = current.routes.iter().filter(|route| route.origin.is_manual() && answers_every_host(&route.spec));
    for route in made {
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
    fn into_route(self, path: PathMatch, address: &Address, kept: &mut Kept, notes: &mut Notes) -> WantedRoute {
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
            description: kept.description(&Texts::of(&self), &self, notes),
            tags: self.tags(),
            extensions: kept.extensions(&self, notes),
        }
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

    /// A JSON pointer to its path.
    pub(crate) fn pointer(&self) -> String {
        pointer("/paths", self.operations.values().next().map_or("", |target| target.template))
    }
}
