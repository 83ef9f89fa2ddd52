//! Paths, as an HTTPRoute accepts them.

use switchtower_domain::{
    api_service::{PathMatch, PathMatchType},
    field::FieldErrors,
};

use super::re2;
use crate::limit;

/// Pointers are relative to the path.
pub(super) fn check(path: &PathMatch) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let fits = (1..=limit::PATH).contains(&path.value.chars().count());
    errors.require(fits, "/value", "length", format!("A path has 1 to {} characters.", limit::PATH));
    match path.kind {
        PathMatchType::Exact | PathMatchType::Prefix => {
            if let Err(detail) = literal(&path.value) {
                errors.add("/value", "path", format!("`{}` {detail}.", path.value));
            }
        }
        PathMatchType::Regex => {
            if let Err(detail) = re2::check(&path.value) {
                errors.add("/value", "regex", format!("`{}` {detail}.", path.value));
            }
        }
    }
    errors
}

/// The rules of an HTTPRoute for paths that are not expressions.
pub(super) fn literal(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("does not start with `/`");
    }
    if path.contains("//") {
        return Err("contains `//`");
    }
    if path.split('/').any(|segment| segment == "." || segment == "..") {
        return Err("contains a segment `.` or `..`");
    }
    if path.to_ascii_lowercase().contains("%2f") {
        return Err("contains `%2F`, an escaped `/`");
    }
    if !is_encoded(path) {
        return Err("contains a character that must be percent-encoded");
    }
    Ok(())
}

/// Whether a path consists of what RFC 3986 allows in one.
fn is_encoded(path: &str) -> bool {
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let plain = byte.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@".contains(&byte);
        let mut hex = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
        let escape = byte == b'%' && hex() && hex();
        if !(plain || escape) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn paths_are_what_an_http_route_accepts() {
        for good in ["/", "/v1/orders", "/v1/", "/a.b/..c", "/%20x", "/a:b@c"] {
            assert!(literal(good).is_ok(), "{good}");
        }
        for bad in
            ["", "v1", "//", "/a//b", "/./a", "/a/..", "/a/.", "/%2fx", "/%2Fx", "/a#b", "/{id}", "/%2", "/ü", "/a b"]
        {
            assert!(literal(bad).is_err(), "{bad}");
        }
    }
}
