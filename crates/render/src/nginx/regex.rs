//! Regular expressions that nginx (PCRE2, on bytes) reads as the other gateways (RE2) do.

use crate::check::re2;

/// Says what is wrong, to follow the expression in a sentence.
pub(super) fn check(expression: &str) -> Result<(), String> {
    re2::check(expression)?;
    if !expression.is_ascii() {
        return Err("has letters beyond ASCII, which nginx takes for several; use `.+` or `[^/]+` for them".to_owned());
    }
    let mut letters = expression.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            match letters.next() {
                Some('p' | 'P') => return Err("names a Unicode class, which nginx does not know".to_owned()),
                // A class of several characters in PCRE2.
                Some('v') => return Err(r"uses `\v`, which nginx reads differently; write `\x0b`".to_owned()),
                Some('x') if letters.as_str().starts_with('{') => {
                    return Err(r"uses `\x{…}`, which nginx may take for several characters; write `\xNN`".to_owned());
                }
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_both_read_alike_is_accepted() {
        for good in ["/pets/[^/]+", r"/a\.b/\d{1,4}", "/(a|b)/(?:c)*", r"/[\w\-.~]+", r"/\x41", r"/\\v"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_nginx_reads_differently_is_refused() {
        for bad in ["/é", r"/\p{Lu}", r"/\pL", r"/\v", r"/\x{2603}", "/(", "/a++"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
