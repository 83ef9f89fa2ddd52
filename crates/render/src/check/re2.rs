//! Regular expressions that mean the same to the gateway (RE2, and Go's package of the same syntax) as to the reader.
//!
//! One expression that the gateway cannot read takes its whole HTTPRoute out of service, so what is in doubt is refused.

use regex_syntax::ast::{
    AssertionKind, Ast, ClassSetItem, ClassUnicodeKind, GroupKind, HexLiteralKind, Literal, LiteralKind,
    RepetitionKind, RepetitionRange, Visitor, parse::Parser, visit,
};

/// The most repetitions that RE2 unrolls, nested ones multiplied.
const MAX_REPETITIONS: u64 = 1000;

/// The general categories that `\p{…}` may name.
const CATEGORIES: [&str; 36] = [
    "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P",
    "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// Says what is wrong, to follow the expression in a sentence.
pub(crate) fn check(expression: &str) -> Result<(), String> {
    let ast = Parser::new().parse(expression).map_err(|error| {
        format!("is not a regular expression: {} at character {}", error.kind(), error.span().start.column)
    })?;
    visit(&ast, Re2 { expression, repetitions: Vec::new() }).map_err(str::to_owned)
}

/// Whether an expression is one of several, with nothing around the choice.
pub(crate) fn is_alternation(expression: &str) -> bool {
    expression.contains('|')
        && !matches!(Parser::new().parse(expression), Ok(ast) if !matches!(ast, Ast::Alternation(_)))
}

struct Re2<'a> {
    expression: &'a str,
    repetitions: Vec<u64>,
}

impl Visitor for Re2<'_> {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::Flags(_) => Err("sets flags, which the gateway may read differently"),
            Ast::Group(group) => match &group.kind {
                GroupKind::CaptureIndex(_) => Ok(()),
                GroupKind::NonCapturing(flags) if flags.items.is_empty() => Ok(()),
                GroupKind::NonCapturing(_) => Err("sets flags, which the gateway may read differently"),
                GroupKind::CaptureName { .. } => Err("names a group; use `(…)`"),
            },
            Ast::Assertion(assertion) => match assertion.kind {
                AssertionKind::StartLine
                | AssertionKind::EndLine
                | AssertionKind::StartText
                | AssertionKind::EndText
                | AssertionKind::WordBoundary
                | AssertionKind::NotWordBoundary => Ok(()),
                _ => Err("uses a word boundary that the gateway does not know"),
            },
            Ast::Literal(literal) => of_literal(literal),
            Ast::ClassUnicode(class) => of_category(&class.kind),
            Ast::Repetition(repetition) => {
                if matches!(*repetition.ast, Ast::Repetition(_)) {
                    return Err("repeats a repetition; put the inner one into a group");
                }
                let op = &repetition.op;
                let text = self.expression.get(op.span.start.offset..op.span.end.offset).unwrap_or_default();
                if text.starts_with("{,") {
                    return Err("has a repetition without a lower bound; write `{0,n}`");
                }
                let count = match &op.kind {
                    RepetitionKind::Range(RepetitionRange::Exactly(n) | RepetitionRange::AtLeast(n)) => *n,
                    RepetitionKind::Range(RepetitionRange::Bounded(_, n)) => *n,
                    _ => 1,
                };
                let outer = self.repetitions.last().copied().unwrap_or(1);
                self.repetitions.push(outer.saturating_mul(u64::from(count.max(1))));
                if self.repetitions.last().is_some_and(|all| *all > MAX_REPETITIONS) {
                    return Err("repeats more than 1000 times");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn visit_post(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        if matches!(ast, Ast::Repetition(_)) {
            self.repetitions.pop();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ClassSetItem::Bracketed(_) => Err("nests character classes; escape the inner `[`"),
            ClassSetItem::Literal(literal) => of_literal(literal),
            ClassSetItem::Range(range) => of_literal(&range.start).and_then(|()| of_literal(&range.end)),
            ClassSetItem::Unicode(class) => of_category(&class.kind),
            _ => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &regex_syntax::ast::ClassSetBinaryOp) -> Result<(), Self::Err> {
        Err("combines character classes, which the gateway reads as letters")
    }
}

fn of_literal(literal: &Literal) -> Result<(), &'static str> {
    match literal.kind {
        LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
        | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong) => {
            Err("uses `\\u`, which the gateway does not know; write `\\x{…}`")
        }
        _ => Ok(()),
    }
}

fn of_category(kind: &ClassUnicodeKind) -> Result<(), &'static str> {
    let known = match kind {
        ClassUnicodeKind::OneLetter(letter) => CATEGORIES.contains(&letter.to_string().as_str()),
        ClassUnicodeKind::Named(name) => CATEGORIES.contains(&name.as_str()),
        ClassUnicodeKind::NamedValue { .. } => false,
    };
    if known { Ok(()) } else { Err("names a Unicode class other than a general category such as `\\p{Lu}`") }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_re2_reads_alike_is_accepted() {
        for good in [
            "/pets/[^/]+",
            r"/a\.b/\d{1,4}",
            "/(a|b)/(?:c)*",
            r"/x{2}",
            r"/[\w\-.~]+",
            r"/\p{Lu}\pL",
            "/a{1000}",
            "^/a$",
            "/[]a]+",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_re2_refuses_or_reads_differently_is_refused() {
        for bad in [
            "/(",
            "/[",
            "/a{1001}",
            "/(a{100}){11}",
            "/a**",
            "/a{2}{3}",
            "/a{,5}",
            "/{id}",
            r"/\1",
            "/(?=a)",
            "/(?i)a",
            "/(?x:a)",
            "/(?P<id>a)",
            "/[a[b]]",
            "/[a&&b]",
            "/[a-z--b]",
            r"/\u0041",
            r"/\<a",
            r"/\p{Greek}",
            r"/\pX",
            r"/\p{scx=Greek}",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
