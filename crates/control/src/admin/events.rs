//! The audit log.

use jiff::{SignedDuration, Timestamp};
use switchtower_domain::{event::Event, operation};
use switchtower_store::{Listed, event::EventFilter};

use crate::{Call, Control, Error, resource::ListRequest};

/// What is listed when no time is named.
const DEFAULT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The longest time that one list spans.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);
/// By how much clocks may differ: what happened now is in the list.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

impl Control {
    /// The tenant's events, newest first; the last seven days, unless the filter says otherwise.
    pub async fn event_list(
        &self,
        call: &Call,
        filter: EventFilter,
        request: ListRequest,
    ) -> Result<Listed<Event>, Error> {
        let granted = call.authorize(&operation::event_list)?;
        let within = window(&filter, call.context.now)?;
        let page = call.page(request.limit, request.cursor);
        Ok(self.store.event_list(granted.tenant_id(), &filter, within, &page).await?)
    }
}

/// From when to when events are wanted.
fn window(filter: &EventFilter, now: Timestamp) -> Result<(Timestamp, Timestamp), Error> {
    let to = filter.to.unwrap_or_else(|| now.saturating_add(LEEWAY).unwrap_or(now));
    let from = filter.from.unwrap_or_else(|| to.saturating_sub(DEFAULT).unwrap_or(to));
    let refused = |detail: &str| Err(Error::refused("invalid_query", detail));
    match to.duration_since(from) {
        span if span.is_negative() => refused("`from` is later than `to`."),
        span if span > LONGEST => refused("A list spans at most 400 days. Choose `from` and `to` closer together."),
        _ => Ok((from, to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(day * 24)
    }

    #[test]
    fn without_a_time_the_last_seven_days_are_listed() {
        let (from, to) = window(&EventFilter::default(), at(100)).unwrap();
        assert!(to > at(100) && from > at(93) - LEEWAY && from <= at(93) + LEEWAY);
        let (from, _) = window(&EventFilter { to: Some(at(50)), ..EventFilter::default() }, at(100)).unwrap();
        assert_eq!(from, at(43));
    }

    #[test]
    fn a_list_spans_no_more_than_400_days_and_not_backwards() {
        let filter = |from, to| EventFilter { from: Some(at(from)), to: Some(at(to)), ..EventFilter::default() };
        assert!(window(&filter(0, 400), at(500)).is_ok());
        assert!(window(&filter(0, 401), at(500)).is_err());
        assert!(window(&filter(2, 1), at(500)).is_err());
    }
}
