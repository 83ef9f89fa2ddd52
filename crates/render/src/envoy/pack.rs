//! Routes into rules, rules into HTTPRoutes.

use std::collections::HashMap;

use switchtower_domain::api_service::{BackendRef, Method, Route, RouteTimeouts};

use crate::limit;

/// What happens to a request: what routes must have in common to share a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Action<'a> {
    pub(super) backends: &'a [BackendRef],
    pub(super) request_ms: Option<u32>,
    pub(super) backend_request_ms: Option<u32>,
}

impl<'a> Action<'a> {
    pub(crate) fn of(route: &'a Route) -> Self {
        // No timeouts and timeouts that say nothing are the same.
        let RouteTimeouts { request_ms, backend_request_ms } = route.spec.timeouts.clone().unwrap_or_default();
        Self { backends: &route.spec.backend_refs, request_ms, backend_request_ms }
    }
}

/// The methods of a route's matches; none stands for all.
pub(crate) fn methods(route: &Route) -> impl Iterator<Item = Option<Method>> {
    let all = route.spec.methods.is_empty().then_some(None);
    all.into_iter().chain(route.spec.methods.iter().copied().map(Some))
}

fn matches(route: &Route) -> usize {
    route.spec.methods.len().max(1)
}

/// One rule: at least one route.
#[derive(Debug)]
pub(super) struct Rule<'a> {
    pub(super) action: Action<'a>,
    pub(super) routes: Vec<&'a Route>,
    matches: usize,
}

/// The rules of each HTTPRoute, in the order in which their first routes stand.
pub(super) fn pack(routes: &[Route]) -> Vec<Vec<Rule<'_>>> {
    let mut http_routes: Vec<Vec<Rule<'_>>> = Vec::new();
    let mut room = 0;
    for rule in rules(routes) {
        match http_routes.last_mut() {
            Some(last) if last.len() < limit::RULES && rule.matches <= room => {
                room -= rule.matches;
                last.push(rule);
            }
            _ => {
                room = limit::MATCHES.saturating_sub(rule.matches);
                http_routes.push(vec![rule]);
            }
        }
    }
    http_routes
}

/// The rules: one for each action, more where matches are too many for one.
fn rules(routes: &[Route]) -> Vec<Rule<'_>> {
    let mut rules: Vec<Rule<'_>> = Vec::new();
    let mut open: HashMap<Action<'_>, usize> = HashMap::new();
    for route in routes {
        let action = Action::of(route);
        let fitting = open
            .get(&action)
            .and_then(|index| rules.get_mut(*index))
            .filter(|rule| rule.matches + matches(route) <= limit::MATCHES_PER_RULE);
        match fitting {
            Some(rule) => {
                rule.matches += matches(route);
                rule.routes.push(route);
            }
            None => {
                open.insert(action, rules.len());
                rules.push(Rule { action, routes: vec![route], matches: matches(route) });
            }
        }
    }
    rules
}
