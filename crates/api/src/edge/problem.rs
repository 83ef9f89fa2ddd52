//! Problems: every error of the API, as RFC 9457 has them.

use std::{collections::BTreeMap, error::Error as StdError};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use switchtower_control::{Error, error::in_words};
use switchtower_domain::{
    change::WrongState,
    field::{FieldError, FieldErrors},
};
use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, response::Response as Documented},
};

use super::{
    code::{self, Code},
    request,
};

/// A problem, as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A URI of the kind of problem.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem, in a few words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request, and what to do.
    detail: String,
    /// A stable word for the kind of problem.
    code: String,
    /// The request, for support.
    request_id: String,
    /// Every bad field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// The present state, when it does not allow what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_state: Option<String>,
    /// Who needs the resource: kind and id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    used_by: Vec<User>,
    #[serde(skip)]
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

/// A resource that needs another one.
#[derive(Debug, Serialize, ToSchema)]
pub struct User {
    /// Its kind.
    kind: String,
    /// Its id.
    id: String,
}

impl Problem {
    /// A problem with a sentence that tells what to do.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("https://switchtower.dev/problems/{}", code.name),
            title: code.title.to_owned(),
            status: code.status.as_u16(),
            detail: detail.into(),
            code: code.name.to_owned(),
            request_id: request::current_id(),
            errors: Vec::new(),
            current_state: None,
            used_by: Vec::new(),
            cause: None,
        }
    }

    /// A problem with bad fields.
    pub fn fields(code: Code, errors: FieldErrors) -> Self {
        let errors = errors.into_vec();
        // A code of its own stands above the general one, when all fields say the same.
        let own = errors.first().and_then(|first| code::find(&first.code)).filter(|_| errors.len() == 1);
        let code = own.filter(|own| own.status == StatusCode::BAD_REQUEST || *own == code::name_taken).unwrap_or(code);
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            several if code == code::not_publishable => {
                format!("{} things are in the way; see `errors`.", several.len())
            }
            several => format!("{} fields are not valid; see `errors`.", several.len()),
        };
        Self { errors, ..Self::new(code, detail) }
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A problem of ours, whose cause is logged and never told.
    pub fn unavailable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let detail = "Try again in a moment. If it stays, tell support the request id.";
        Self { cause: Some(cause.into()), ..Self::new(code::unavailable, detail) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { kind } => {
                let detail = match kind {
                    "tenant" => "There is no such tenant.".to_owned(),
                    kind => format!("There is no such {} in this tenant.", in_words(kind)),
                };
                Self::new(code::not_found, detail)
            }
            Error::Denied(denied) => {
                let detail =
                    format!("The permission `{}` is needed. Ask an org-admin of the tenant.", denied.permission);
                Self::new(code::permission_denied, detail)
            }
            Error::Stale => {
                let detail = "The resource is not at the revision in `If-Match`. Get it again and repeat the change.";
                Self::new(code::stale_revision, detail)
            }
            Error::Busy => Self::new(code::busy, "Others are changing the same resource. Try again."),
            Error::WrongState(wrong) => {
                let kind = in_words(wrong.kind);
                let article = if kind.starts_with(['a', 'A']) { "an" } else { "a" };
                let WrongState { verb, state, allowed, .. } = &wrong;
                let detail = format!("Cannot {verb} {article} {kind} that is {state}; it must be {allowed}.");
                Self { current_state: Some(wrong.state), ..Self::new(code::wrong_state, detail) }
            }
            Error::Fields(errors) => Self::fields(code::invalid_body, errors),
            Error::Query(errors) => Self::fields(code::invalid_query, errors),
            Error::Document(errors) => Self::fields(code::invalid_document, errors),
            Error::NotPublishable(errors) => Self::fields(code::not_publishable, errors),
            Error::NameTaken { kind, name } => {
                let detail = format!("Another {} is called `{name}`. Choose another name.", in_words(kind));
                let errors =
                    vec![FieldError { pointer: "/name".into(), code: "name_taken".into(), detail: detail.clone() }];
                Self { errors, ..Self::new(code::name_taken, detail) }
            }
            Error::InUse { kind, users } => {
                let kind = in_words(kind);
                let detail = format!("Others need this {kind}; see `used_by`. Delete or change them first.");
                let used_by = users.into_iter().map(|user| User { kind: user.kind, id: user.id }).collect();
                Self { used_by, ..Self::new(code::in_use, detail) }
            }
            Error::TooLarge { what, bytes, limit } => {
                let detail = format!("The {what} has {bytes} bytes; at most {limit} are allowed.");
                Self::new(code::too_large, detail)
            }
            Error::Refused { code, detail } => Self::new(code::find(code).unwrap_or(code::wrong_state), detail),
            Error::BadCursor => Self::new(
                code::invalid_cursor,
                "Use `next_cursor` of the same list, tenant and filters, or begin anew.",
            ),
            Error::Throttled(cause) => {
                let detail = "Slow down and try again in a moment.";
                Self { cause: Some(cause), ..Self::new(code::throttled, detail) }
            }
            Error::Unavailable(cause) => Self::unavailable(cause),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        if let Some(cause) = &self.cause {
            // INVARIANT: an error is logged once, here, with its causes.
            tracing::error!(code = self.code, cause = %chain(cause.as_ref()), "request failed");
        }
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// The problems that every endpoint may answer, for its documentation.
#[derive(Debug)]
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Documented>> {
        let mut statuses: Vec<_> = code::ALL.iter().map(|code| code.status).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let document = |status: StatusCode| {
            let titles = code::ALL.iter().filter(|code| code.status == status);
            let titles: Vec<_> = titles.map(|code| format!("`{}`", code.name)).collect();
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response = ResponseBuilder::new()
                .description(titles.join(", "))
                .content("application/problem+json", content)
                .build();
            (status.as_u16().to_string(), RefOr::T(response))
        };
        statuses.into_iter().map(document).collect()
    }
}

/// The schemas that [`Problems`] refers to.
pub fn schemas() -> Vec<(String, RefOr<utoipa::openapi::Schema>)> {
    let mut schemas = vec![("Problem".to_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    schemas
}
