//! Names of routes and backends: made of what the document says, unique, and the same every time.

use std::collections::{HashMap, HashSet};

use switchtower_domain::name::Name;

/// A name for a route, from an operation id or a path.
pub(crate) fn route_name(text: &str) -> Name {
    slug(&spaced(text), "route")
}

/// A name for a backend, from its host and, unless it is the scheme's own, its port.
pub(crate) fn backend_name(text: &str) -> Name {
    slug(text, "backend")
}

fn slug(text: &str, kind: &str) -> Name {
    // One letter is no name yet: `/a` becomes `route-a`.
    let prefixed = if text.chars().filter(char::is_ascii_alphanumeric).count() < 2 {
        format!("{kind}-{text}")
    } else {
        text.to_owned()
    };
    Name::slugify(&prefixed, kind)
}

/// `listOpenOrders` as `list-Open-Orders`, and `getURLOf` as `get-URL-Of`.
fn spaced(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut spaced = String::with_capacity(text.len() + 8);
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| letters.get(index));
        let after = letters.get(index + 1);
        let starts = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            || (before.is_some_and(char::is_ascii_uppercase) && after.is_some_and(char::is_ascii_lowercase));
        if letter.is_ascii_uppercase() && starts {
            spaced.push('-');
        }
        spaced.push(*letter);
    }
    spaced
}

/// Names that are taken, and the means to find free ones.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: HashSet<Name>,
    /// Where to go on counting, so that thousands of equal names stay quick.
    next: HashMap<Name, usize>,
}

impl Names {
    pub(crate) fn take(&mut self, name: &Name) {
        self.taken.insert(name.clone());
    }

    /// The name, or the first of `name-2`, `name-3`, … that is free; taken from now on.
    pub(crate) fn free(&mut self, name: &Name) -> Name {
        if self.taken.insert(name.clone()) {
            return name.clone();
        }
        let next = self.next.entry(name.clone()).or_insert(2);
        loop {
            let suffix = format!("-{next}");
            *next += 1;
            let head = name.as_str().get(..63 - suffix.len()).unwrap_or(name.as_str());
            let candidate = Name::slugify(&format!("{}{suffix}", head.trim_end_matches('-')), "part");
            if self.taken.insert(candidate.clone()) {
                return candidate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_like_what_they_come_from() {
        for (text, name) in [
            ("listOpenOrders", "list-open-orders"),
            ("repos/list-for-org", "repos-list-for-org"),
            ("getURLOf2Things", "get-url-of2-things"),
            ("/orders/{id}/items", "orders-id-items"),
            ("/a", "route-a"),
            ("日本", "route"),
        ] {
            assert_eq!(route_name(text).as_str(), name);
        }
    }

    #[test]
    fn a_taken_name_gets_a_number_and_stays_short() {
        let mut names = Names::default();
        let long: Name = "a".repeat(63).parse().unwrap();
        assert_eq!(names.free(&long), long);
        assert_eq!(names.free(&long).as_str(), format!("{}-2", "a".repeat(61)));
        assert_eq!(names.free(&long).as_str(), format!("{}-3", "a".repeat(61)));
    }
}
