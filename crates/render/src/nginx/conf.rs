//! A configuration as it is written down: directives and blocks, indented.

use std::fmt::Write;

use super::arg::Arg;

/// Text that grows by directives.
#[derive(Debug, Default)]
pub(super) struct Conf {
    text: String,
    depth: usize,
}

impl Conf {
    /// A comment of this crate; foreign text in it must be of one line.
    pub(super) fn comment(&mut self, text: &str) {
        let one_line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        self.indent();
        _ = writeln!(self.text, "# {one_line}");
    }

    /// `name argument …;`.
    pub(super) fn line(&mut self, name: &str, args: &[Arg]) {
        self.head(name, args);
        self.text.push_str(";\n");
    }

    /// `argument argument;`, as in the body of a `map`.
    pub(super) fn pair(&mut self, key: &Arg, value: &Arg) {
        self.indent();
        _ = writeln!(self.text, "{key} {value};");
    }

    /// `name argument … { … }`.
    pub(super) fn block(&mut self, name: &str, args: &[Arg], inner: impl FnOnce(&mut Self)) {
        self.head(name, args);
        self.text.push_str(" {\n");
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        self.indent();
        self.text.push_str("}\n");
    }

    /// Lines of another one, indented.
    pub(super) fn lines(&mut self, text: &str) {
        for line in text.lines() {
            self.indent();
            _ = writeln!(self.text, "{line}");
        }
    }

    /// All of it.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn head(&mut self, name: &str, args: &[Arg]) {
        self.indent();
        self.text.push_str(name);
        for arg in args {
            _ = write!(self.text, " {arg}");
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("    ");
        }
    }
}
