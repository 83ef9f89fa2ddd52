//! `/v1/realtime/tickets`: tickets that open one connection of the live feed each.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{call::Known, problem::Problems, request::IdempotencyHeader},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(realtime_ticket_issue))
}

/// A ticket of the live feed.
#[derive(Serialize, ToSchema)]
struct TicketView {
    /// The secret; `null` when the answer is repeated. Open `<url>?ticket=<ticket>` with it, once.
    ticket: Option<String>,
    /// Where to open the WebSocket.
    url: String,
    /// From when the ticket is refused: 60 seconds from now.
    expires_at: Timestamp,
}

/// Issues a ticket that opens one WebSocket connection of the live feed within 60 seconds.
#[utoipa::path(
    post, path = "/", tag = "live feed", params(IdempotencyHeader),
    responses((status = 201, body = TicketView), Problems)
)]
async fn realtime_ticket_issue(State(api): State<Api>, Known(call): Known) -> Result<Response, Problem> {
    let issued = api.control.realtime_ticket_issue(&call).await?;
    let url = api.websocket_url.clone().ok_or_else(|| Problem::unavailable("no WebSocket URL is set"))?;
    let view = TicketView { ticket: Some(issued.ticket), url, expires_at: issued.expires_at };
    let mut response = (StatusCode::CREATED, Json(view)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
