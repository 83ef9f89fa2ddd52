//! Routes into rules, rules into HTTPRoutes.

use std::{collections::HashMap, hash::Hash, rc::Rc};

use switchtower_domain::api_service::{Method, Route};
use switchtower_protocol::snapshot::{ApiServicePart, Snapshot};

use super::{
    action::{Action, methods},
    hosts::{Hosts, Names},
    traffic::Traffic,
};
use crate::limit;

/// One match of a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matcher<'a> {
    pub(super) route: &'a Route,
    pub(super) method: Option<Method>,
    /// Whether it is for what a browser asks before the request itself.
    pub(super) preflight: bool,
}

/// One rule: at least one match.
#[derive(Debug)]
pub(super) struct Rule<'a> {
    /// The name of its first route; a number follows where a route takes several rules.
    pub(super) name: String,
    pub(super) action: Rc<Action<'a>>,
    pub(super) matches: Vec<Matcher<'a>>,
}

/// What becomes an HTTPRoute.
pub(super) struct Page<'a> {
    pub(super) hostnames: Names<'a>,
    pub(super) traffic: Traffic<'a>,
    pub(super) rules: Rc<Vec<Rule<'a>>>,
}

/// The rules of routes that answer the same host names and are treated alike on the way to their backends: what an
/// HTTPRoute says for all of its rules.
#[derive(Default)]
struct Group<'a> {
    rules: Vec<Rule<'a>>,
    open: HashMap<Rc<Action<'a>>, usize>,
}

/// The HTTPRoutes of an API service, in the order in which their first routes stand.
pub(super) fn pack<'a>(snapshot: &'a Snapshot, service: &'a ApiServicePart, hosts: &Hosts<'a>) -> Vec<Page<'a>> {
    let mut groups: Grouped<(&[String], Traffic<'_>), Group<'_>> = Grouped::default();
    for route in &service.routes {
        let (action, hostnames) = Action::of(snapshot, service, route);
        let traffic = Traffic::of(&action, service);
        groups.entry((hostnames, traffic)).add(route, Rc::new(action));
    }
    let mut pages = Vec::new();
    for ((hostnames, traffic), group) in groups.in_order {
        let filled: Vec<_> = fill(group.rules).into_iter().map(Rc::new).collect();
        for names in hosts.spread(hostnames) {
            pages.extend(filled.iter().map(|rules| Page {
                hostnames: names.clone(),
                traffic: traffic.clone(),
                rules: Rc::clone(rules),
            }));
        }
    }
    pages
}

/// Values by key, in the order in which keys were first seen.
pub(super) struct Grouped<K, V> {
    index: HashMap<K, usize>,
    pub(super) in_order: Vec<(K, V)>,
}

impl<K, V> Default for Grouped<K, V> {
    fn default() -> Self {
        Self { index: HashMap::new(), in_order: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash, V: Default> Grouped<K, V> {
    /// The value of a key, made when there is none.
    #[expect(clippy::indexing_slicing, reason = "an index is that of a value")]
    pub(super) fn entry(&mut self, key: K) -> &mut V {
        let next = self.in_order.len();
        let index = *self.index.entry(key.clone()).or_insert(next);
        if index == next {
            self.in_order.push((key, V::default()));
        }
        &mut self.in_order[index].1
    }
}

impl<'a> Group<'a> {
    fn add(&mut self, route: &'a Route, action: Rc<Action<'a>>) {
        let matches = matchers(route, &action);
        let name = route.spec.name.as_str();
        if action.stands_alone() {
            for (number, one) in matches.into_iter().enumerate() {
                // Names of routes have no dots.
                let name = if number == 0 { name.to_owned() } else { format!("{name}.{number}") };
                self.rules.push(Rule { name, action: Rc::clone(&action), matches: vec![one] });
            }
            return;
        }
        let open = self.open.get(&action).and_then(|index| self.rules.get_mut(*index));
        match open.filter(|rule| rule.matches.len() + matches.len() <= limit::MATCHES_PER_RULE) {
            Some(rule) => rule.matches.extend(matches),
            None => {
                self.open.insert(Rc::clone(&action), self.rules.len());
                self.rules.push(Rule { name: name.to_owned(), action, matches });
            }
        }
    }
}

/// The matches of a route. Envoy Gateway answers preflights at every match with a CORS filter, and asks of them the same
/// headers; browsers do not send those yet, so routes that ask for headers get a match for preflights as well.
fn matchers<'a>(route: &'a Route, action: &Action<'_>) -> Vec<Matcher<'a>> {
    let early = action.treatment.cors.is_some() && !route.spec.headers.is_empty();
    let preflights = methods(route).filter(|method| early && *method != Some(Method::Options));
    let make = |preflight| move |method| Matcher { route, method, preflight };
    methods(route).map(make(false)).chain(preflights.map(make(true))).collect()
}

/// Rules into as few HTTPRoutes as hold them in turn.
fn fill(rules: Vec<Rule<'_>>) -> Vec<Vec<Rule<'_>>> {
    let mut pages: Vec<Vec<Rule<'_>>> = Vec::new();
    let mut room = 0;
    for rule in rules {
        match pages.last_mut() {
            Some(last) if last.len() < limit::RULES && rule.matches.len() <= room => {
                room -= rule.matches.len();
                last.push(rule);
            }
            _ => {
                room = limit::MATCHES.saturating_sub(rule.matches.len());
                pages.push(vec![rule]);
            }
        }
    }
    pages
}
