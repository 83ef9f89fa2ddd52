//! The decision tree: which of many patterns can match a path, found by hashes of its segments.
//!
//! ```text
//!   $uri --segment 1--> "orders" --segment 2--> "export" --> [3, 7, 9]
//!                                          \--> any other -> [3, 9]
//!                  \--> any other --> [9]
//! ```
//!
//! A node asks for the segment that leaves the fewest candidates; a leaf is a list of at most [`LEAF`] of them, or of more
//! where no segment tells them apart. INVARIANT: whatever a pattern matches leads to a leaf that lists the pattern, and every
//! leaf lists in the order that it was given. A leaf may list patterns that do not match.

use std::collections::{BTreeMap, BTreeSet};

/// The longest list that is worth no further question.
const LEAF: usize = 6;
/// The segments that may be asked for.
const DEPTH: usize = 12;
/// The longest segment that is put into a hash.
const SEGMENT: usize = 100;
/// A question that multiplies the lists by more than this is not asked.
const COPIES: usize = 3;

/// What is known of the paths that a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// The segments after the first `/`; `None` where any may stand.
    pub(super) segments: Vec<Option<String>>,
    /// Whether there are no others.
    pub(super) whole: bool,
}

/// A tree over candidates that go by their index.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// These, in order.
    Leaf(Vec<usize>),
    /// Ask for a segment, counted from 1.
    Ask {
        /// Which.
        segment: usize,
        /// Where to go by its lower-case value; `""` is also what a path has that is shorter.
        children: BTreeMap<String, Tree>,
        /// Where to go otherwise.
        other: Box<Tree>,
    },
}

impl Tree {
    /// A tree over these candidates.
    pub(super) fn of(shapes: &[Shape], candidates: Vec<usize>) -> Self {
        Self::grow(shapes, candidates, 0)
    }

    fn grow(shapes: &[Shape], candidates: Vec<usize>, asked: u32) -> Self {
        if candidates.len() <= LEAF {
            return Self::Leaf(candidates);
        }
        let questions = (1..=DEPTH).filter(|segment| asked & (1 << segment) == 0);
        let best = questions.map(|segment| Split::of(shapes, &candidates, segment)).min_by_key(|split| split.cost());
        match best.filter(|split| split.pays(candidates.len())) {
            None => Self::Leaf(candidates),
            Some(split) => {
                let asked = asked | (1 << split.segment);
                let grow = |list| Self::grow(shapes, list, asked);
                let children = bundles(split.children, &candidates);
                let children = children.into_iter().map(|(value, list)| (value, grow(list))).collect();
                Self::Ask { segment: split.segment, children, other: Box::new(grow(split.other)) }
            }
        }
    }
}

/// Makes neighbours with short lists share one: each list is a variable, of which nginx keeps all for each request.
fn bundles(children: BTreeMap<String, Vec<usize>>, order: &[usize]) -> BTreeMap<String, Vec<usize>> {
    let mut bundles: Vec<(Vec<String>, BTreeSet<usize>)> = Vec::new();
    for (value, list) in children {
        let list: BTreeSet<usize> = list.into_iter().collect();
        match bundles.last_mut() {
            Some((values, all)) if all.union(&list).count() <= LEAF => {
                values.push(value);
                all.extend(list);
            }
            _ => bundles.push((vec![value], list)),
        }
    }
    let mut bundled = BTreeMap::new();
    for (values, all) in bundles {
        let list: Vec<usize> = order.iter().copied().filter(|index| all.contains(index)).collect();
        bundled.extend(values.into_iter().map(|value| (value, list.clone())));
    }
    bundled
}

/// What a question would leave.
struct Split {
    segment: usize,
    children: BTreeMap<String, Vec<usize>>,
    other: Vec<usize>,
}

impl Split {
    fn of(shapes: &[Shape], candidates: &[usize], segment: usize) -> Self {
        let known = |index: &usize| shapes.get(*index).and_then(|shape| shape.at(segment));
        let mut children: BTreeMap<String, Vec<usize>> =
            candidates.iter().filter_map(known).map(|value| (value, Vec::new())).collect();
        let mut other = Vec::new();
        for index in candidates {
            match known(index) {
                Some(value) => children.entry(value).or_default().push(*index),
                None => {
                    children.values_mut().for_each(|list| list.push(*index));
                    other.push(*index);
                }
            }
        }
        Self { segment, children, other }
    }

    /// The work that is left if every list is as likely as it is long.
    fn cost(&self) -> usize {
        self.lists().map(|list| list * list).sum::<usize>() / self.lists().sum::<usize>().max(1)
    }

    fn pays(&self, before: usize) -> bool {
        let (longest, all) = (self.lists().max().unwrap_or_default(), self.lists().sum::<usize>());
        longest < before && all <= before.saturating_mul(COPIES)
    }

    fn lists(&self) -> impl Iterator<Item = usize> {
        self.children.values().chain([&self.other]).map(Vec::len)
    }
}

impl Shape {
    /// The one value that a segment has, as a hash of nginx sees it: lower case, and empty when there is none.
    fn at(&self, segment: usize) -> Option<String> {
        match self.segments.get(segment - 1) {
            Some(Some(value)) => (value.len() <= SEGMENT).then(|| value.to_ascii_lowercase()),
            Some(None) => None,
            None => self.whole.then(String::new),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::{LEAF, Shape, Tree};

    fn find<'t>(tree: &'t Tree, path: &[String]) -> &'t [usize] {
        match tree {
            Tree::Leaf(list) => list,
            Tree::Ask { segment, children, other } => {
                let value = path.get(segment - 1).map(|value| value.to_ascii_lowercase()).unwrap_or_default();
                find(children.get(&value).unwrap_or(other), path)
            }
        }
    }

    fn matches(shape: &Shape, path: &[String]) -> bool {
        let long_enough = path.len() >= shape.segments.len();
        long_enough
            && (!shape.whole || path.len() == shape.segments.len())
            && shape.segments.iter().zip(path).all(|(own, its)| own.as_ref().is_none_or(|own| own == its))
    }

    proptest! {
        #[test]
        fn what_matches_is_listed_in_order(
            shapes in vec((vec(option::of("[a-cA]{0,2}"), 0..5), any::<bool>()), 0..60),
            path in vec("[a-cA]{0,2}", 0..6),
        ) {
            let shapes: Vec<_> = shapes.into_iter().map(|(segments, whole)| Shape { segments, whole }).collect();
            let tree = Tree::of(&shapes, (0..shapes.len()).collect());
            let list = find(&tree, &path);
            prop_assert!(list.is_sorted());
            for (index, shape) in shapes.iter().enumerate() {
                prop_assert!(!matches(shape, &path) || list.contains(&index), "{:?} {:?}", shape, tree);
            }
        }
    }

    fn leaves(tree: &Tree) -> std::collections::HashSet<&[usize]> {
        match tree {
            Tree::Leaf(list) => [list.as_slice()].into(),
            Tree::Ask { children, other, .. } => children.values().chain([&**other]).flat_map(leaves).collect(),
        }
    }

    #[test]
    fn a_thousand_templates_leave_short_lists() {
        let shape = |n: usize| Shape {
            segments: vec![Some("repos".into()), None, None, Some(format!("part-{}", n % 50)), Some(format!("x{n}"))],
            whole: true,
        };
        let shapes: Vec<_> = (0..1000).map(shape).collect();
        let tree = Tree::of(&shapes, (0..1000).collect());
        let path = ["repos", "a", "b", "part-7", "x57"].map(str::to_owned);
        let list = find(&tree, &path);
        assert!(list.contains(&57) && list.len() <= LEAF, "{list:?}");
        assert!(leaves(&tree).len() <= 400, "{} lists are many", leaves(&tree).len());
    }
}
