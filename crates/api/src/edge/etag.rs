//! ETag and If-Match: the revision, in quotes.

use axum::extract::FromRequestParts;
use http::{HeaderValue, header, request::Parts};
use switchtower_domain::resource::Revision;

use super::code;
use crate::{Api, Problem};

/// The revision that the caller knows, when they say so.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Option<Revision>);

impl FromRequestParts<Api> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).and_then(|text| text.parse().ok());
        let revision = number.map(Revision).ok_or_else(|| {
            let detail = "`If-Match` is the `ETag` of the resource, such as `\"3\"`, or `*`.";
            Problem::new(code::stale_revision, detail)
        })?;
        Ok(Self(Some(revision)))
    }
}

/// The ETag of a revision.
pub(crate) fn etag(revision: Revision) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{}\"", revision.0)).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// The documentation of `If-Match`.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is documentation; `IfMatch` reads the header")]
pub(crate) struct IfMatchHeader {
    /// The `ETag` that the resource must have, such as `"3"`; any, when left out.
    #[param(rename = "If-Match", required = false, value_type = String, pattern = r#"^("[0-9]+"|\*)$"#)]
    if_match: Option<String>,
}
