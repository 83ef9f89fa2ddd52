//! From a path template to what a gateway compares paths with.

use switchtower_domain::api_service::{PathMatch, PathMatchType};

/// The most characters of a path in a route.
const MAX_PATH: usize = 1_024;

/// A template, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Converted {
    pub(crate) path: PathMatch,
    /// Whether a parameter was taken to span several segments.
    pub(crate) greedy: bool,
}

/// Why a template cannot become a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathProblem {
    NoSlash,
    Query,
    NotNormal,
    TooLong,
}

impl PathProblem {
    /// The code and the sentence of its note.
    pub(crate) const fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::NoSlash => ("path_without_slash", "The path does not start with `/`, so it is left out."),
            Self::Query => {
                ("path_with_query", "The path has a query or fragment, which routes do not compare, so it is left out.")
            }
            Self::NotNormal => (
                "path_not_normal",
                "Gateways resolve `//`, `.`, `..` and `%2F` before they compare, so the path is left out.",
            ),
            Self::TooLong => ("path_too_long", "The path is longer than a route's path may be, so it is left out."),
        }
    }
}

/// A piece of a template.
enum Piece<'a> {
    Literal(&'a str),
    Parameter(&'a str),
}

/// Joins a base path, which has no slash at its end, and a template.
pub(crate) fn convert(base: &str, template: &str) -> Result<Converted, PathProblem> {
    if !template.starts_with('/') {
        return Err(PathProblem::NoSlash);
    }
    let base = encode(base);
    let (mut exact, mut regex, mut greedy, mut plain) = (base.clone(), escape(&base), false, true);
    for piece in pieces(template) {
        match piece {
            Piece::Literal(text) if text.contains(['?', '#']) => return Err(PathProblem::Query),
            Piece::Literal(text) => {
                let text = encode(text);
                regex.push_str(&escape(&text));
                exact.push_str(&text);
            }
            Piece::Parameter(name) if name.starts_with(['?', '&', '#']) => return Err(PathProblem::Query),
            Piece::Parameter(name) => {
                let spans = name.starts_with('+') || name.ends_with(['+', '*']) || name.contains('/');
                regex.push_str(if spans { ".+" } else { "[^/]+" });
                // Stands for a value when the shape of the path is looked at.
                exact.push('x');
                greedy |= spans;
                plain = false;
            }
        }
    }
    if !is_normal(&exact) {
        return Err(PathProblem::NotNormal);
    }
    let (kind, value) = if plain { (PathMatchType::Exact, exact) } else { (PathMatchType::Regex, regex) };
    if value.chars().count() > MAX_PATH {
        return Err(PathProblem::TooLong);
    }
    Ok(Converted { path: PathMatch { kind, value }, greedy })
}

/// Cuts a template at its braces; a brace without its other half is a letter like any other.
fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            rest = after;
            return Some(Piece::Parameter(name));
        }
        let skip = usize::from(rest.starts_with('{'));
        let end = rest.get(skip..).and_then(|inner| inner.find('{')).map_or(rest.len(), |at| at + skip);
        let (literal, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = after;
        Some(Piece::Literal(literal))
    })
}

/// Percent-encodes what RFC 3986 does not allow in a path, as clients do; what is encoded stays.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    let mut ahead = text.as_bytes();
    for byte in text.bytes() {
        ahead = ahead.get(1..).unwrap_or_default();
        let escape = byte == b'%' && ahead.iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2;
        if escape || byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Escapes what RE2 takes for an operator, of the letters that [`encode`] leaves.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if ".+*()$".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// Whether a gateway would compare the path as it stands.
fn is_normal(path: &str) -> bool {
    let dots = path.split('/').any(|segment| segment == "." || segment == "..");
    !dots && !path.contains("//") && !path.to_ascii_lowercase().contains("%2f")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    fn value(base: &str, template: &str) -> String {
        convert(base, template).unwrap().path.value
    }

    #[test]
    fn a_path_without_parameters_is_exact() {
        let converted = convert("/v1", "/orders").unwrap();
        assert_eq!(converted.path, PathMatch { kind: PathMatchType::Exact, value: "/v1/orders".to_owned() });
    }

    #[test]
    fn a_parameter_is_one_segment_or_a_part_of_one() {
        assert_eq!(value("", "/pets/{id}"), "/pets/[^/]+");
        assert_eq!(value("/a.b", "/files/{name}.{ext}"), r"/a\.b/files/[^/]+\.[^/]+");
        assert_eq!(value("", "/jobs/{id}:cancel"), "/jobs/[^/]+:cancel");
        assert_eq!(value("", "/users('{id}')/x"), r"/users\('[^/]+'\)/x");
    }

    #[test]
    fn a_greedy_parameter_spans_segments() {
        for template in ["/f/{path+}", "/f/{+path}", "/f/{path*}", "/f/{name=a/*}"] {
            let converted = convert("", template).unwrap();
            assert_eq!((converted.path.value.as_str(), converted.greedy), ("/f/.+", true), "{template}");
        }
    }

    #[test]
    fn letters_that_a_path_cannot_have_are_percent_encoded() {
        assert_eq!(value("", "/café/a b/100%/%41{x"), "/caf%C3%A9/a%20b/100%25/%41%7Bx");
    }

    #[test]
    fn a_path_that_could_never_match_is_refused() {
        assert_eq!(convert("", "pets"), Err(PathProblem::NoSlash));
        assert_eq!(convert("", "/a?b=c"), Err(PathProblem::Query));
        assert_eq!(convert("", "/a{?q}"), Err(PathProblem::Query));
        assert_eq!(convert("", "/a//b"), Err(PathProblem::NotNormal));
        assert_eq!(convert("", "/a/../b"), Err(PathProblem::NotNormal));
        assert_eq!(convert("", "/a%2fb"), Err(PathProblem::NotNormal));
        assert_eq!(convert("", &format!("/{}", "a".repeat(2_000))), Err(PathProblem::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_converted_or_refused(base in "(/[ -~]{0,8}[a-z]){0,2}", template in "/\\PC{0,40}") {
            if let Ok(converted) = convert(&base, &template) {
                let value = &converted.path.value;
                prop_assert!(value.starts_with('/') && !value.contains(|c: char| c.is_whitespace() || "?#".contains(c)));
                prop_assert!(converted.path.kind != PathMatchType::Regex || Regex::new(value).is_ok());
            }
        }

        #[test]
        fn a_template_matches_what_it_stands_for_and_nothing_longer(
            parts in proptest::collection::vec(("[a-z.+*()$]{1,6}", any::<bool>()), 1..6),
            filler in "[a-z0-9]{1,4}",
        ) {
            prop_assume!(parts.iter().all(|(text, _)| text != "." && text != ".."));
            let join = |parameter: &dyn Fn(&str) -> String| parts.iter()
                .map(|(text, is_parameter)| if *is_parameter { parameter(text) } else { text.clone() })
                .fold(String::new(), |path, part| path + "/" + &part);
            let converted = convert("", &join(&|_| "{p}".to_owned())).unwrap().path;
            let path = join(&|_| filler.clone());
            if converted.kind == PathMatchType::Exact {
                prop_assert_eq!(converted.value, path);
            } else {
                let regex = Regex::new(&format!("^(?:{})$", converted.value)).unwrap();
                prop_assert!(regex.is_match(&path));
                let (longer, shorter) = (format!("{path}/x"), path.rsplit_once('/').unwrap().0);
                prop_assert!(!regex.is_match(&longer));
                prop_assert!(!regex.is_match(shorter));
            }
        }
    }
}
