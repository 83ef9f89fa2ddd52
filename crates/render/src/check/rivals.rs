//! A set of templates in which those that meet another one are found without looking at all.

use std::collections::BTreeMap;

use super::template::{self, Template};

/// Templates, each with something to know it by.
pub(super) struct Rivals<T> {
    root: Node<T>,
    /// Those that are known in part only.
    parts: Vec<(T, Template)>,
}

/// What the templates share that begin with the same segments; in order, so that the same one is found every time.
struct Node<T> {
    literal: BTreeMap<String, Self>,
    variable: BTreeMap<String, Self>,
    here: Vec<T>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { literal: BTreeMap::new(), variable: BTreeMap::new(), here: Vec::new() }
    }
}

impl<T> Default for Rivals<T> {
    fn default() -> Self {
        Self { root: Node::default(), parts: Vec::new() }
    }
}

impl<T> Rivals<T> {
    /// One whose template may meet this one, among those that are wanted.
    pub(super) fn find(&self, template: &Template, wanted: &impl Fn(&T) -> bool) -> Option<&T> {
        let part = || self.parts.iter().find(|(own, its)| wanted(own) && its.meets(template)).map(|(own, _)| own);
        self.root.find(&template.segments, template.whole, wanted).or_else(part)
    }

    pub(super) fn insert(&mut self, own: T, template: Template) {
        if !template.whole {
            self.parts.push((own, template));
            return;
        }
        let mut node = &mut self.root;
        for segment in template.segments {
            let variable = segment.contains(template::ANY);
            node = if variable {
                node.variable.entry(segment).or_default()
            } else {
                node.literal.entry(segment).or_default()
            };
        }
        node.here.push(own);
    }
}

impl<T> Node<T> {
    fn find(&self, segments: &[String], whole: bool, wanted: &impl Fn(&T) -> bool) -> Option<&T> {
        let Some((segment, rest)) = segments.split_first() else {
            return self.here.iter().find(|own| wanted(own));
        };
        let beginning = template::beginning(segment);
        let fits = |key: &str| template::agree(template::beginning(key), beginning);
        let variable = self.variable.iter().filter(|(key, _)| fits(key)).map(|(_, node)| node);
        let literal = || self.literal.iter().filter(|(key, _)| fits(key)).map(|(_, node)| node);
        if rest.is_empty() && !whole {
            return variable.chain(literal()).find_map(|node| node.any(wanted));
        }
        if segment.contains(template::ANY) {
            return variable.chain(literal()).find_map(|node| node.find(rest, whole, wanted));
        }
        variable.chain(self.literal.get(segment)).find_map(|node| node.find(rest, whole, wanted))
    }

    fn any(&self, wanted: &impl Fn(&T) -> bool) -> Option<&T> {
        let below = || self.variable.values().chain(self.literal.values()).find_map(|node| node.any(wanted));
        self.here.iter().find(|own| wanted(own)).or_else(below)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{Rivals, Template};

    fn expression() -> impl Strategy<Value = String> {
        vec(r"/(a|b|ab|\[\^/\]\+|a\[\^/\]\+|\[\^/\]\+b|a\.\*|b\*)", 1..4).prop_map(|segments| segments.concat())
    }

    proptest! {
        #[test]
        fn one_is_found_exactly_when_one_meets(others in vec(expression(), 0..12), one in expression()) {
            let template = Template::of(&one);
            let mut rivals = Rivals::default();
            for other in &others {
                rivals.insert(other.clone(), Template::of(other));
            }
            for wanted in &others {
                let found = rivals.find(&template, &|own| own == wanted);
                prop_assert_eq!(found.is_some(), Template::of(wanted).meets(&template), "{} {}", one, wanted);
            }
        }
    }
}
