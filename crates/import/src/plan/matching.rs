//! Which known route is which route of the document.

use std::{borrow::Cow, collections::HashMap};

use switchtower_domain::{
    api_service::{Bases, Method, Origin, PathMatch, Route, RouteInput},
    name::Name,
};

use crate::wanted::WantedRoute;

/// A route that an import once made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Known {
    /// The index of one that is there.
    Present(usize),
    /// The index of one that a person deleted.
    Deleted(usize),
}

/// A known route as the last import left it, and the path that a person gave it.
struct Candidate<'a> {
    known: Known,
    base: Cow<'a, RouteInput>,
    edited_path: Option<&'a PathMatch>,
}

/// How a route is found again, the surest way first.
#[derive(Clone, Copy, PartialEq)]
enum Pass {
    /// By path and methods.
    Same,
    /// By path and a common method.
    Overlapping,
    /// By name.
    Named,
    /// By the path that a person gave it, and a common method.
    Edited,
}

/// For each wanted route the known one that it is.
pub(super) fn find(current: &[Route], bases: &Bases<Route>, wanted: &[WantedRoute]) -> Vec<Option<Known>> {
    let candidates = candidates(current, bases);
    let mut by_path: HashMap<&PathMatch, Vec<usize>> = HashMap::new();
    let mut by_edited_path: HashMap<&PathMatch, Vec<usize>> = HashMap::new();
    let mut by_name: HashMap<&Name, Vec<usize>> = HashMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        by_path.entry(&candidate.base.path).or_default().push(index);
        by_name.entry(&candidate.base.name).or_default().push(index);
        if let Some(path) = candidate.edited_path {
            by_edited_path.entry(path).or_default().push(index);
        }
    }
    let mut found = vec![None; wanted.len()];
    let mut free = vec![true; candidates.len()];
    for pass in [Pass::Same, Pass::Overlapping, Pass::Named, Pass::Edited] {
        for (wanted, found) in wanted.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let near = match pass {
                Pass::Same | Pass::Overlapping => by_path.get(&wanted.path),
                Pass::Named => by_name.get(&wanted.name),
                Pass::Edited => by_edited_path.get(&wanted.path),
            };
            for index in near.map(Vec::as_slice).unwrap_or_default() {
                let (Some(candidate), Some(free)) = (candidates.get(*index), free.get_mut(*index)) else { continue };
                if *free && pass.fits(&candidate.base.methods, &wanted.methods) {
                    *free = false;
                    *found = Some(candidate.known);
                    break;
                }
            }
        }
    }
    found
}

fn candidates<'a>(current: &'a [Route], bases: &'a Bases<Route>) -> Vec<Candidate<'a>> {
    let mut candidates = Vec::new();
    for (index, route) in current.iter().enumerate() {
        let base = match route.origin {
            Origin::Manual => continue,
            Origin::Imported => Cow::Borrowed(&route.spec),
            Origin::Edited => Cow::Owned(bases.base_spec(route)),
        };
        let edited_path = Some(&route.spec.path).filter(|path| **path != base.path);
        candidates.push(Candidate { known: Known::Present(index), base, edited_path });
    }
    let deleted = bases.deleted.iter().enumerate();
    candidates.extend(deleted.map(|(index, route)| Candidate {
        known: Known::Deleted(index),
        base: Cow::Borrowed(&route.spec),
        edited_path: None,
    }));
    candidates
}

impl Pass {
    fn fits(self, known: &[Method], wanted: &[Method]) -> bool {
        match self {
            Self::Same => known.len() == wanted.len() && wanted.iter().all(|method| known.contains(method)),
            Self::Overlapping | Self::Edited => known.is_empty() || wanted.iter().any(|method| known.contains(method)),
            Self::Named => true,
        }
    }
}
