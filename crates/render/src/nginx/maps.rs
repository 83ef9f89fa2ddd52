//! The `map`s of a deployment: conditions, and the decision trees that end in a route.

use std::{collections::HashMap, fmt::Write};

use switchtower_domain::api_service::{ValueMatch, ValueMatchType};

use super::{
    arg::{Arg, exactly},
    candidate::{Candidate, Part},
    conf::Conf,
    encode,
    host::{METHOD, PATH, segment_variable},
    names::Names,
    tree::Tree,
};

/// The bound of expressions in values, as that of paths.
const LIMIT: &str = "(*LIMIT_MATCH=20000)";

/// Maps as they are asked for; equal ones are written once.
#[derive(Debug)]
pub(super) struct Maps<'a> {
    names: &'a Names,
    conf: Conf,
    conditions: HashMap<(Part, String, ValueMatch), String>,
    parameters: HashMap<String, String>,
    leaves: HashMap<Vec<usize>, Arg>,
    nodes: usize,
}

impl<'a> Maps<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        Self {
            names,
            conf: Conf::default(),
            conditions: HashMap::new(),
            parameters: HashMap::new(),
            leaves: HashMap::new(),
            nodes: 0,
        }
    }

    pub(super) fn into_conf(self) -> Conf {
        self.conf
    }

    /// A value that is the id of the route which answers a request, or nothing.
    pub(super) fn route(&mut self, candidates: &[Candidate<'_>], tree: &Tree) -> Arg {
        match tree {
            Tree::Leaf(list) => self.leaf(candidates, list),
            Tree::Ask { segment, children, other } => {
                let children: Vec<_> =
                    children.iter().map(|(value, child)| (Arg::key(value), self.route(candidates, child))).collect();
                let other = self.route(candidates, other);
                let name = self.node();
                let asked = Arg::template(&segment_variable(*segment));
                self.conf.block("map", &[asked, Arg::template(&name)], |conf| {
                    conf.pair(&"default".into(), &other);
                    children.iter().filter(|(_, child)| *child != other).for_each(|(key, child)| conf.pair(key, child));
                });
                Arg::template(&name)
            }
        }
    }

    fn leaf(&mut self, candidates: &[Candidate<'_>], list: &[usize]) -> Arg {
        if list.is_empty() {
            return Arg::plain("");
        }
        if let Some(leaf) = self.leaves.get(list) {
            return leaf.clone();
        }
        let own: Vec<&Candidate<'_>> = list.iter().filter_map(|index| candidates.get(*index)).collect();
        let mut asked: Vec<String> = Vec::new();
        for (part, wanted) in own.iter().flat_map(|candidate| candidate.conditions()) {
            let variable = self.condition(part, wanted);
            if !asked.contains(&variable) {
                asked.push(variable);
            }
        }
        let mut entries = Vec::new();
        for candidate in own {
            let demanded: Vec<_> = candidate.conditions().map(|(part, wanted)| self.condition(part, wanted)).collect();
            let flag = |variable: &String| if demanded.contains(variable) { '1' } else { '.' };
            let flags: String = asked.iter().map(flag).collect();
            entries.push((Arg::pattern(&candidate.pattern(&flags)), candidate.route.id));
        }
        let mut subject = asked.concat();
        if !subject.is_empty() {
            subject.push(' ');
        }
        _ = write!(subject, "{METHOD} {PATH}");
        let name = self.node();
        self.conf.block("map", &[Arg::template(&subject), Arg::template(&name)], |conf| {
            entries.iter().for_each(|(pattern, id)| conf.pair(pattern, &Arg::text(&id.to_string())));
        });
        let leaf = Arg::template(&name);
        self.leaves.insert(list.to_vec(), leaf.clone());
        leaf
    }

    fn node(&mut self) -> String {
        self.nodes += 1;
        self.names.variable(&format!("n{}", self.nodes))
    }

    /// A variable that is `1` when a request has that, else `0`.
    fn condition(&mut self, part: Part, wanted: &ValueMatch) -> String {
        let name = match part {
            Part::Header => wanted.name.to_ascii_lowercase(),
            Part::Query => wanted.name.clone(),
        };
        let key = (part, name.clone(), ValueMatch { name: String::new(), ..wanted.clone() });
        if let Some(variable) = self.conditions.get(&key) {
            return variable.clone();
        }
        let (subject, before) = match part {
            Part::Header => (header_variable(&name), ""),
            Part::Query => (self.parameter(&name), "="),
        };
        let variable = self.names.variable(&format!("c{}", self.conditions.len() + 1));
        let value = wanted.value.as_deref().unwrap_or_default();
        let expression = match (wanted.kind, part) {
            (ValueMatchType::Present, _) => None,
            (ValueMatchType::Exact, Part::Header) => Some(format!(r"^{}\z", exactly(value.as_bytes()))),
            (ValueMatchType::Exact, Part::Query) => Some(format!(r"^={}\z", encode::in_query(value))),
            (ValueMatchType::Regex, _) => Some(format!(r"{LIMIT}^{before}(?:{value})\z")),
        };
        self.conf.block("map", &[Arg::template(&subject), Arg::template(&variable)], |conf| {
            // What is not there is empty, and an expression may match that.
            conf.pair(&Arg::plain(""), &0.into());
            conf.pair(&"default".into(), &u64::from(expression.is_none()).into());
            if let Some(expression) = expression {
                conf.pair(&Arg::pattern(&expression), &1.into());
            }
        });
        self.conditions.insert(key, variable.clone());
        variable
    }

    /// A variable with the first value of a query parameter, as it is encoded, after a `=`; empty when there is none.
    pub(super) fn parameter(&mut self, name: &str) -> String {
        if let Some(variable) = self.parameters.get(name) {
            return variable.clone();
        }
        let variable = self.names.variable(&format!("q{}", self.parameters.len() + 1));
        let expression = format!("(?:^|&){}(?:=([^&]*))?(?:&|$)", encode::in_query(name));
        self.conf.block("map", &["$args".into(), Arg::template(&variable)], |conf| {
            conf.pair(&Arg::pattern(&expression), &Arg::template("=$1"));
        });
        self.parameters.insert(name.to_owned(), variable.clone());
        variable
    }

    /// Where other maps of the deployment go.
    pub(super) fn conf(&mut self) -> &mut Conf {
        &mut self.conf
    }
}

/// The variable with the value of a header.
pub(super) fn header_variable(name: &str) -> String {
    format!("$http_{}", name.to_ascii_lowercase().replace('-', "_"))
}
