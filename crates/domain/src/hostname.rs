//! Host names, as the Gateway API writes them.

use crate::field::FieldErrors;

/// Whether a text is a host name of the Gateway API: a lower-case DNS name, `*.` first for a whole domain.
pub fn is_hostname(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let label = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && name.split('.').all(label) && name.parse::<std::net::IpAddr>().is_err()
}

/// Whether a text is a DNS name as Kubernetes writes names: lower case, no `*`, no address.
pub fn is_dns_name(text: &str) -> bool {
    !text.starts_with("*.") && is_hostname(text)
}

/// Whether `wide` is the same as `name`, or covers it: `*.example.com` covers what ends in `.example.com`, another `*.`
/// name included, and not `example.com`.
pub fn covers(wide: &str, name: &str) -> bool {
    let ending = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
    wide == name || wide.strip_prefix('*').is_some_and(ending)
}

/// Whether two host names, each perhaps with `*.` first, have a host in common.
pub fn intersect(one: &str, other: &str) -> bool {
    covers(one, other) || covers(other, one)
}

/// Each of a list must be a host name, and be there once.
pub(crate) fn check_all(hostnames: &[String], pointer: &str, errors: &mut FieldErrors) {
    for (index, hostname) in hostnames.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        let detail = "A host name is a lower-case DNS name, `*.` first for a whole domain.";
        errors.require(is_hostname(hostname), pointer.clone(), "hostname", detail);
        let again = hostnames.get(..index).is_some_and(|earlier| earlier.contains(hostname));
        errors.require(!again, pointer, "duplicate", "Name each host name once.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_lower_case_dns_names() {
        for good in ["api.example.com", "*.example.com", "localhost"] {
            assert!(is_hostname(good), "{good}");
        }
        for bad in ["", "*", "API.example.com", "a..b", "-a.com", "127.0.0.1", "a_b.com", "x.*.com"] {
            assert!(!is_hostname(bad), "{bad}");
        }
    }

    #[test]
    fn host_names_intersect_as_the_gateway_api_says() {
        for (one, other) in [
            ("a.example.com", "a.example.com"),
            ("*.example.com", "a.example.com"),
            ("a.b.example.com", "*.example.com"),
            ("*.example.com", "*.b.example.com"),
        ] {
            assert!(intersect(one, other) && intersect(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("a.example.com", "b.example.com"),
            ("*.example.com", "example.com"),
            ("*.example.com", "a.badexample.com"),
            ("*.a.example.com", "*.b.example.com"),
        ] {
            assert!(!intersect(one, other) && !intersect(other, one), "{one} {other}");
        }
    }
}
