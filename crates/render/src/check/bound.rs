//! Bounds that the API's schema keeps, for snapshots that came another way.

use switchtower_domain::{
    api_service::{ValueMatch, ValueMatchType},
    field::FieldErrors,
    policy::is_header_name,
};

use super::re2;
use crate::limit;

/// The longest time that anything may be told to take: an hour.
const LONGEST_MS: u32 = 3_600_000;

/// A number within bounds.
pub(super) fn number(value: impl Into<u64>, (least, most): (u64, u64), pointer: &str, errors: &mut FieldErrors) {
    let fits = (least..=most).contains(&value.into());
    errors.require(fits, pointer, "range", format!("This is a number from {least} to {most}."));
}

/// A time that something may take, when it is given.
pub(super) fn time(value: Option<u32>, pointer: &str, errors: &mut FieldErrors) {
    let detail = "A time is 1 to 3600000 milliseconds; leave it out for the gateway's own.";
    let fits = value.is_none_or(|time| (1..=LONGEST_MS).contains(&time));
    errors.require(fits, pointer, "range", detail);
}

/// A text of so many characters, none of which controls anything.
pub(super) fn text(value: &str, (least, most): (usize, usize), pointer: &str, errors: &mut FieldErrors) {
    let fits = (least..=most).contains(&value.chars().count()) && !value.chars().any(char::is_control);
    let detail = format!("This has {least} to {most} characters, no control characters.");
    errors.require(fits, pointer, "length", detail);
}

/// A list of so many things.
pub(super) fn list<T>(list: &[T], (least, most): (usize, usize), pointer: &str, errors: &mut FieldErrors) {
    let fits = (least..=most).contains(&list.len());
    errors.require(fits, pointer, "length", format!("This is a list of {least} to {most}."));
}

/// The name of a header, or of something that is written alike.
pub(super) fn name(value: &str, pointer: &str, errors: &mut FieldErrors) {
    let detail = "A name has 1 to 256 letters, digits and `!#$%&'*+-.^_|~`.";
    errors.require(is_header_name(value), pointer, "header_name", detail);
}

/// Headers or query parameters that a request must have.
pub(super) fn matches(list: &[ValueMatch], pointer: &str, errors: &mut FieldErrors) {
    self::list(list, (0, limit::VALUE_MATCHES), pointer, errors);
    for (index, one) in list.iter().enumerate() {
        name(&one.name, &format!("{pointer}/{index}/name"), errors);
        let Some(value) = &one.value else { continue };
        let pointer = format!("{pointer}/{index}/value");
        text(value, (1, 1024), &pointer, errors);
        if let (ValueMatchType::Regex, Err(detail)) = (one.kind, re2::check(value)) {
            errors.add(pointer, "regex", format!("`{value}` {detail}."));
        }
    }
}
