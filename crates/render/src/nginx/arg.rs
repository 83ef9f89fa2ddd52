//! Arguments of directives: the one place where foreign text becomes configuration.
//!
//! nginx reads `"…"` with `\"`, `\\`, `\n`, `\r` and `\t`; nothing else ends a quoted argument. What follows a `$` is a variable in most
//! directives, and no escape exists for it, so a `$` that is meant as a letter is written as a variable that holds one.

use std::fmt;

/// The variable that holds a `$`; the main configuration declares it.
pub(super) const DOLLAR: &str = "switchtower_dollar";

/// The variable that holds a `?`.
pub(super) const QUESTION: &str = "switchtower_question";

/// An argument as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Arg(String);

impl Arg {
    /// Text that means itself, in a directive that knows variables.
    pub(super) fn text(text: &str) -> Self {
        Self(quote(&dollars(text)))
    }

    /// Text that means itself, in a directive that knows no variables.
    pub(super) fn plain(text: &str) -> Self {
        Self(quote(text))
    }

    /// A key of a `map`: text that means itself, whatever it begins with.
    pub(super) fn key(text: &str) -> Self {
        Self(quote(&format!("\\{text}")))
    }

    /// A regular expression as a key of a `map`, with the case of letters.
    pub(super) fn pattern(expression: &str) -> Self {
        Self(quote(&format!("~{expression}")))
    }

    /// A time.
    pub(super) fn milliseconds(time: u32) -> Self {
        Self(format!("{time}ms"))
    }

    /// A path that takes the place of another one, in `rewrite`: `?` would begin a query.
    pub(super) fn path(path: &str) -> Self {
        let text = path.split('?').map(dollars).collect::<Vec<_>>();
        Self(quote(&text.join(&format!("${{{QUESTION}}}"))))
    }

    /// Words of this crate that are no one argument: `(` and `)` of an `if`.
    pub(super) fn bare(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The same, with words of this crate at its end.
    #[must_use]
    pub(super) fn then(self, words: &str) -> Self {
        Self(format!("\"{}{words}\"", self.unquoted()))
    }

    /// The same, with text at its end that means itself.
    #[must_use]
    pub(super) fn followed_by(self, text: &str) -> Self {
        let words = Self::text(text).unquoted();
        self.then(&words)
    }

    /// What is between its quotes.
    pub(super) fn unquoted(&self) -> String {
        self.0.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&self.0).to_owned()
    }

    /// Whether nginx reads it: no argument is longer than its buffer.
    pub(super) const fn fits(&self) -> bool {
        self.0.len() < 4000
    }

    /// Text of this crate, with variables: `"$request_method $uri"`. No foreign text is in it.
    pub(super) fn template(text: &str) -> Self {
        Self(quote(text))
    }
}

/// A word of this crate, or a variable, that needs no quotes.
impl From<&'static str> for Arg {
    fn from(word: &'static str) -> Self {
        Self(word.to_owned())
    }
}

/// A number.
impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An expression that matches exactly these bytes, in a pattern of bytes.
pub(super) fn exactly(bytes: &[u8]) -> String {
    let mut expression = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'~' | b',' | b':' | b'=' | b'@' | b'%' => {
                expression.push(char::from(byte));
            }
            b'!'..=b'~' => {
                expression.push('\\');
                expression.push(char::from(byte));
            }
            _ => expression.push_str(&format!("\\x{byte:02x}")),
        }
    }
    expression
}

fn dollars(text: &str) -> String {
    text.replace('$', &format!("${{{DOLLAR}}}"))
}

fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(letter);
            }
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{Arg, exactly};

    #[test]
    fn foreign_text_stays_inside_its_quotes() {
        for (text, written) in [
            ("a b", r#""a b""#),
            (r#"a"; return 200; #"#, r#""a\"; return 200; #""#),
            (r"a\", r#""a\\""#),
            ("a\nreturn 200;", r#""a\nreturn 200;""#),
            ("$uri", r#""${switchtower_dollar}uri""#),
        ] {
            assert_eq!(Arg::text(text).to_string(), written);
        }
        assert_eq!(Arg::key("default").to_string(), r#""\\default""#);
    }

    #[test]
    fn an_expression_of_a_literal_has_nothing_special_left() {
        assert_eq!(exactly(b"/a.b(c)*$"), r"/a\.b\(c\)\*\$");
        assert_eq!(exactly("é\0".as_bytes()), r"\xc3\xa9\x00");
    }
}
