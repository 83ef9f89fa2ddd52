//! What can be said about the paths that an expression matches without running it.

use super::re2;

/// The expression that stands for one whole segment in paths such as `/pets/{id}`.
const SEGMENT: &str = "[^/]+";
/// Stands for [`SEGMENT`] in what follows.
pub(crate) const ANY: char = '\0';

/// The segments of the paths that an expression matches, as far as they are known: letters and [`ANY`].
pub(crate) struct Template {
    pub(crate) segments: Vec<String>,
    /// Whether that is all; otherwise the last segment is a beginning, and more may follow.
    pub(crate) whole: bool,
}

impl Template {
    pub(crate) fn of(expression: &str) -> Self {
        let mut template = Self { segments: vec![String::new()], whole: false };
        if re2::is_alternation(expression) {
            return template;
        }
        let text = expression.replace(SEGMENT, "\0");
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            let Some(last) = template.segments.last_mut() else { break };
            match letter {
                '/' => template.segments.push(String::new()),
                '\\' => match letters.next() {
                    Some(escaped) if escaped.is_ascii_punctuation() => last.push(escaped),
                    _ => return template,
                },
                '*' | '?' | '{' => {
                    // The letter before may be missing.
                    if last.pop().is_none() {
                        template.segments.pop();
                    }
                    return template;
                }
                '.' | '+' | '(' | ')' | '[' | ']' | '}' | '^' | '$' => return template,
                _ => last.push(letter),
            }
        }
        template.whole = true;
        template
    }

    /// Whether a path may match both; true in doubt.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let (mine, its) = (self.segments.len(), other.segments.len());
        let counts = (!self.whole || its <= mine) && (!other.whole || mine <= its);
        counts
            && self.segments.iter().zip(&other.segments).enumerate().all(|(index, (one, two))| {
                let complete = (self.whole || index + 1 < mine) && (other.whole || index + 1 < its);
                let letters = complete && !one.contains(ANY) && !two.contains(ANY);
                if letters { one == two } else { agree(beginning(one), beginning(two)) }
            })
    }
}

/// The letters before the first [`ANY`].
pub(crate) fn beginning(segment: &str) -> &str {
    segment.split(ANY).next().unwrap_or_default()
}

/// Whether a segment may begin with both.
pub(crate) fn agree(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

#[cfg(test)]
mod tests {
    use super::Template;

    fn meet(one: &str, other: &str) -> bool {
        let (one, other) = (Template::of(one), Template::of(other));
        let meets = one.meets(&other);
        assert_eq!(meets, other.meets(&one));
        meets
    }

    #[test]
    fn expressions_that_differ_in_a_fixed_segment_do_not_meet() {
        assert!(!meet("/users/[^/]+", "/repos/[^/]+"));
        assert!(!meet("/a/[^/]+/c", "/a/[^/]+/d"));
        assert!(!meet("/a/[^/]+", "/a/[^/]+/d"));
        assert!(!meet(r"/a\.b/[^/]+", r"/a\-b/[^/]+"));
        assert!(!meet("/a/x.*", "/b/x.*"));
        assert!(!meet("/a/b[0-9]+", "/a/c/[^/]+"));
        assert!(!meet("/a/[^/]+", "/a/b/c.*"));
        assert!(!meet("/a/(x|y)/z", "/b/(x|y)/z"));
    }

    #[test]
    fn expressions_that_may_share_a_path_meet() {
        assert!(meet("/a/[^/]+/c", "/a/b/[^/]+"));
        assert!(meet("/a/[^/]+", "/a/b[0-9]+"));
        assert!(meet("/a/bc*", "/a/b/[^/]+"));
        assert!(meet("/a/.*", "/a/b/[^/]+"));
        assert!(meet("/a|/b", "/c/[^/]+"));
        assert!(meet("/a/*", "/a[^/]+"));
        assert!(meet("/[^/]+-x", "/y-[^/]+"));
    }
}
