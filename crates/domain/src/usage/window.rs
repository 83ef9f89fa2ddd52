//! Which stretch of time is looked at, and in what steps.
//!
//! A window begins and ends where steps do, so what is asked for at 12:34 shows all of the steps that it touches. The
//! last one may be going on.

use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::field::FieldErrors;

/// How many days back clients, and steps of five minutes, can be looked at.
pub const FINE_DAYS: i64 = 31;

/// How many days back anything can be looked at.
pub const MAX_DAYS: i64 = 366;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A stretch of time that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = UsageRange)]
pub enum Range {
    /// The last hour.
    #[serde(rename = "1h")]
    Hour,
    /// The last 24 hours.
    #[serde(rename = "24h")]
    Day,
    /// The last 7 days.
    #[serde(rename = "7d")]
    Week,
    /// The last 30 days.
    #[serde(rename = "30d")]
    Month,
}

/// What a caller asked for: a range, or bounds of their own; the last 24 hours without either.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// The range.
    pub range: Option<Range>,
    /// Where it begins.
    pub from: Option<Timestamp>,
    /// Before what it ends; now, when left out.
    pub to: Option<Timestamp>,
}

/// How long a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepSize {
    /// Five minutes.
    Slot,
    /// An hour.
    Hour,
    /// A day (UTC).
    Day,
}

/// A stretch of time in whole steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: i64,
    to: i64,
    step: StepSize,
}

impl Range {
    const fn seconds(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
        }
    }
}

impl StepSize {
    /// How many seconds it has.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Slot => 5 * MINUTE,
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// Five minutes up to 6 hours, an hour up to 7 days, a day above. Of what is long ago, five minutes are not kept.
    const fn of(seconds: i64, ago: i64) -> Self {
        if seconds <= 6 * HOUR && ago <= FINE_DAYS * DAY {
            Self::Slot
        } else if seconds <= 7 * DAY {
            Self::Hour
        } else {
            Self::Day
        }
    }
}

impl Asked {
    /// The bounds in seconds, with everything that is wrong with them.
    fn bounds(self, now: i64, days: i64) -> Result<(i64, i64), FieldErrors> {
        let mut errors = FieldErrors::new();
        let (from, to) = match (self.range, self.from, self.to) {
            (range, None, None) => return Ok((now - range.unwrap_or(Range::Day).seconds(), now)),
            (None, Some(from), to) => (from.as_second(), to.map_or(now, |to| to.as_second().min(now))),
            (None, None, Some(_)) => {
                let detail = "Say where the time begins: `to` needs `from`.";
                return Err(FieldErrors::one("?from", "required", detail));
            }
            (Some(_), ..) => {
                let detail = "Send either `range`, or `from` and `to`.";
                return Err(FieldErrors::one("?range", "not_allowed", detail));
            }
        };
        errors.require(from < now, "?from", "too_late", "`from` must lie in the past.");
        errors.require(from < to || from >= now, "?to", "too_early", "`to` must be later than `from`.");
        let detail = format!("`from` is at most {days} days ago: nothing older is kept for this.");
        errors.require(from >= now - days * DAY, "?from", "too_early", detail);
        errors.or((from, to))
    }
}

impl Window {
    /// The window for what a caller asked for. What lies after `now` is left out.
    pub fn of(asked: Asked, now: Timestamp) -> Result<Self, FieldErrors> {
        let now = now.as_second();
        let (from, to) = asked.bounds(now, MAX_DAYS)?;
        Ok(Self::covering(from, to, StepSize::of(to - from, now - from)))
    }

    /// The same in whole hours, which clients are told by.
    pub fn hourly(asked: Asked, now: Timestamp) -> Result<Self, FieldErrors> {
        let (from, to) = asked.bounds(now.as_second(), FINE_DAYS)?;
        Ok(Self::covering(from, to, StepSize::Hour))
    }

    const fn covering(from: i64, to: i64, step: StepSize) -> Self {
        let seconds = step.seconds();
        let from = from.div_euclid(seconds) * seconds;
        let to = (to + seconds - 1).div_euclid(seconds) * seconds;
        Self { from, to, step }
    }

    /// Where it begins.
    pub fn from(&self) -> Timestamp {
        at(self.from)
    }

    /// Before what it ends.
    pub fn to(&self) -> Timestamp {
        at(self.to)
    }

    /// How long its steps are.
    pub const fn step(&self) -> StepSize {
        self.step
    }

    /// How many hours it touches.
    pub fn hours(&self) -> usize {
        let first = self.from.div_euclid(HOUR);
        let end = (self.to + HOUR - 1).div_euclid(HOUR);
        usize::try_from(end - first).unwrap_or_default()
    }

    /// How many steps it has.
    pub(super) fn len(&self) -> usize {
        usize::try_from((self.to - self.from) / self.step.seconds()).unwrap_or_default()
    }

    /// The number of the step that holds a time; none outside the window.
    pub(super) fn step_at(&self, time: Timestamp) -> Option<usize> {
        let second = time.as_second();
        let inside = self.from <= second && second < self.to;
        inside.then(|| usize::try_from((second - self.from) / self.step.seconds()).ok())?
    }

    /// Where the step of a number begins and ends.
    pub(super) fn bounds_of(&self, number: usize) -> (Timestamp, Timestamp) {
        let from = self.from + i64::try_from(number).unwrap_or_default() * self.step.seconds();
        (at(from), at(from + self.step.seconds()))
    }
}

/// Whether an hour begins at a time.
pub fn is_whole_hour(time: Timestamp) -> bool {
    time.as_second().rem_euclid(HOUR) == 0 && time.subsec_nanosecond() == 0
}

/// INVARIANT: windows lie close to the present, far from what a timestamp can hold.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    const NOW: &str = "2026-09-10T12:34:56Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn range(range: Range) -> Asked {
        Asked { range: Some(range), ..Asked::default() }
    }

    fn custom(from: &str, to: &str) -> Asked {
        Asked { range: None, from: Some(time(from)), to: Some(time(to)) }
    }

    fn wrong(asked: Asked) -> Vec<String> {
        let errors = Window::of(asked, time(NOW)).unwrap_err().into_vec();
        errors.into_iter().map(|error| format!("{} {}", error.pointer, error.code)).collect()
    }

    #[test]
    fn ranges_touch_whole_steps() {
        for (asked, from, to, steps) in [
            (range(Range::Hour), "2026-09-10T11:30:00Z", "2026-09-10T12:35:00Z", 13),
            (range(Range::Day), "2026-09-09T12:00:00Z", "2026-09-10T13:00:00Z", 25),
            (range(Range::Week), "2026-09-03T12:00:00Z", "2026-09-10T13:00:00Z", 169),
            (range(Range::Month), "2026-08-11T00:00:00Z", "2026-09-11T00:00:00Z", 31),
            (Asked::default(), "2026-09-09T12:00:00Z", "2026-09-10T13:00:00Z", 25),
            (
                custom("2026-09-10T06:00:00Z", "2026-09-10T12:00:00Z"),
                "2026-09-10T06:00:00Z",
                "2026-09-10T12:00:00Z",
                72,
            ),
            (custom("2026-09-10T12:00:00Z", "2030-01-01T00:00:00Z"), "2026-09-10T12:00:00Z", "2026-09-10T12:35:00Z", 7),
            (custom("2026-01-01T00:10:00Z", "2026-01-01T02:00:00Z"), "2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z", 2),
        ] {
            let window = Window::of(asked, time(NOW)).unwrap();
            assert_eq!((window.from(), window.to(), window.len()), (time(from), time(to), steps), "{asked:?}");
        }
    }

    #[test]
    fn what_cannot_be_looked_at_is_refused_at_its_field() {
        assert_eq!(wrong(Asked { range: Some(Range::Hour), ..custom(NOW, NOW) }), ["?range not_allowed"]);
        assert_eq!(wrong(Asked { to: Some(time(NOW)), ..Asked::default() }), ["?from required"]);
        assert_eq!(wrong(custom("2026-09-11T00:00:00Z", "2026-09-12T00:00:00Z")), ["?from too_late"]);
        assert_eq!(wrong(custom("2026-09-09T00:00:00Z", "2026-09-08T00:00:00Z")), ["?to too_early"]);
        assert_eq!(wrong(custom("2025-09-01T00:00:00Z", "2026-09-08T00:00:00Z")), ["?from too_early"]);
        assert_eq!(wrong(custom("-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z")), ["?from too_early"]);
    }

    #[test]
    fn clients_are_looked_at_in_whole_hours_and_not_so_far_back() {
        let window = Window::hourly(range(Range::Hour), time(NOW)).unwrap();
        assert_eq!((window.from(), window.hours()), (time("2026-09-10T11:00:00Z"), 2));
        assert!(Window::hourly(custom("2026-08-01T00:00:00Z", NOW), time(NOW)).is_err());
    }

    #[test]
    fn an_hour_begins_where_its_minutes_do() {
        for (text, begins) in [
            ("2026-09-10T12:00:00Z", true),
            ("1969-12-31T23:00:00Z", true),
            ("2026-09-10T12:00:01Z", false),
            ("2026-09-10T12:00:00.000000001Z", false),
            ("1969-12-31T22:59:59.5Z", false),
        ] {
            assert_eq!(is_whole_hour(time(text)), begins, "{text}");
        }
    }

    proptest! {
        #[test]
        fn steps_follow_each_other_and_cover_what_was_asked_for(
            ago in 1_i64..MAX_DAYS * DAY, length in 1_i64..MAX_DAYS * DAY, inside in 0_i64..MAX_DAYS * DAY,
        ) {
            let now = time(NOW);
            let from = now - SignedDuration::from_secs(ago);
            let to = from + SignedDuration::from_secs(length);
            let window = Window::of(Asked { range: None, from: Some(from), to: Some(to) }, now).unwrap();
            prop_assert!(window.from() <= from && to.min(now) <= window.to());
            prop_assert!((1..=369).contains(&window.len()), "{}", window.len());
            let asked = from + SignedDuration::from_secs(inside % length.min(ago));
            let (begin, end) = window.bounds_of(window.step_at(asked).unwrap());
            prop_assert!(begin <= asked && asked < end);
            prop_assert_eq!(window.bounds_of(0).0, window.from());
            prop_assert_eq!(window.bounds_of(window.len() - 1).1, window.to());
        }
    }
}
