//! `/v1/admin/events`: the audit log.

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use switchtower_domain::{actor::Actor, event::Event};
use switchtower_store::event::EventFilter;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        problem::Problems,
        query::{Checked, Params, check_limit, list_request},
        view::PageView,
    },
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(event_list))
}

/// A part of the log.
pub type EventPage = PageView<Event>;

/// Which events are wanted; all conditions hold at once.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventListParams {
    /// How many items at most, 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// Where the part begins: `next_cursor` of the part before.
    cursor: Option<String>,
    /// Only events about the resource of this id.
    #[param(min_length = 1, max_length = 64, pattern = "^[a-z0-9_]+$")]
    subject: Option<String>,
    /// Only events by this author.
    #[param(
        value_type = Option<String>,
        pattern = "^((user|system):.+|api_key:key_[0-7][0-9a-hjkmnp-tv-z]{25}|agent:agt_[0-7][0-9a-hjkmnp-tv-z]{25})$",
        example = "api_key:key_01k2m5z8h3v9q4x7n6p0r2s1t5"
    )]
    actor: Option<Actor>,
    /// Only events of this type.
    #[serde(rename = "type")]
    #[param(min_length = 1, max_length = 64, pattern = "^[a-z_.]+$", example = "cluster.created")]
    kind: Option<String>,
    /// Not before this time (RFC 3339); seven days before `to` when left out.
    from: Option<Timestamp>,
    /// Before this time (RFC 3339); now when left out.
    to: Option<Timestamp>,
}

impl Checked for EventListParams {
    fn check(&self) -> Result<(), String> {
        check_limit(self.limit)?;
        let fits = |text: &Option<String>, letters: fn(u8) -> bool| {
            text.as_ref().is_none_or(|text| (1..=64).contains(&text.len()) && text.bytes().all(letters))
        };
        if !fits(&self.subject, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return Err("`subject` is the id of a resource, such as `clu_01k2…`.".to_owned());
        }
        if !fits(&self.kind, |byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.') {
            return Err("`type` is a type of event, such as `cluster.created`.".to_owned());
        }
        Ok(())
    }
}

/// Lists the log, newest first. A part may be short, or empty, before the end: go on while there is a `next_cursor`.
#[utoipa::path(
    get, path = "/", tag = "events", params(EventListParams),
    responses((status = 200, body = EventPage), Problems)
)]
async fn event_list(
    State(api): State<Api>,
    Known(call): Known,
    Params(params): Params<EventListParams>,
) -> Result<EventPage, Problem> {
    let EventListParams { limit, cursor, subject, actor, kind, from, to } = params;
    let filter = EventFilter { from, to, subject, actor: actor.map(|actor| actor.to_string()), kind };
    Ok(PageView::new(api.control.event_list(&call, filter, list_request(limit, cursor)).await?))
}
