//! Bodies: bounded, JSON, and checked against their schema.

use axum::{
    body::Bytes,
    extract::{FromRequest, OptionalFromRequest, Request, rejection::BytesRejection},
};
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use switchtower_control::Error;
use switchtower_domain::field::FieldErrors;
use utoipa::ToSchema;

use super::{code, schema};
use crate::{Api, Problem};

/// The most bytes of a body, unless an endpoint says otherwise.
pub const MAX_BYTES: usize = 1024 * 1024;

/// A body of a known form.
pub struct Body<T>(pub T);

/// A JSON Merge Patch (RFC 7396) of a known form.
pub struct Patch(Value);

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        expect_media_type(request.headers(), &["application/json"])?;
        let value = parse(&read(request, api).await?)?;
        decode(value).map(Self).map_err(|errors| Problem::fields(code::invalid_body, errors))
    }
}

/// A body that may be left out, or be `null`.
impl<T: DeserializeOwned + ToSchema + 'static> OptionalFromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Option<Self>, Problem> {
        let headers = request.headers().clone();
        let bytes = read(request, api).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        expect_media_type(&headers, &["application/json"])?;
        match parse(&bytes)? {
            Value::Null => Ok(None),
            value => {
                let body = decode(value).map_err(|errors| Problem::fields(code::invalid_body, errors))?;
                Ok(Some(Self(body)))
            }
        }
    }
}

impl FromRequest<Api> for Patch {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        expect_media_type(request.headers(), &["application/merge-patch+json", "application/json"])?;
        let value = parse(&read(request, api).await?)?;
        if value.is_object() {
            return Ok(Self(value));
        }
        let errors = FieldErrors::one("", "wrong_type", "A merge patch is an object.");
        Err(Problem::fields(code::invalid_body, errors))
    }
}

impl Patch {
    /// The input that the patch makes of the present one.
    pub fn apply<T>(&self, input: &T) -> Result<T, Error>
    where
        T: serde::Serialize + DeserializeOwned + ToSchema + 'static,
    {
        let mut value = serde_json::to_value(input).map_err(|error| Error::Unavailable(Box::new(error)))?;
        json_patch::merge(&mut value, &self.0);
        decode(value).map_err(Error::Fields)
    }
}

/// The bytes of a body.
pub(crate) async fn read(request: Request, api: &Api) -> Result<Bytes, Problem> {
    Bytes::from_request(request, api).await.map_err(|rejection| too_large(&rejection))
}

fn too_large(rejection: &BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(code::too_large, "The body is larger than this endpoint takes. Send less at once.")
        }
        _ => Problem::new(code::malformed_json, "The body could not be read to its end. Send it again."),
    }
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let detail = format!("The body is not JSON: line {}, column {}.", error.line(), error.column());
        Problem::new(code::malformed_json, detail)
    })
}

/// Turns JSON into a value of its type, or tells everything that is wrong with it.
pub(crate) fn decode<T: DeserializeOwned + ToSchema + 'static>(value: Value) -> Result<T, FieldErrors> {
    schema::check::<T>(&value)?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let pointer =
            if path == "." { String::new() } else { format!("/{}", path.replace(['.', '['], "/").replace(']', "")) };
        FieldErrors::one(pointer, "not_valid", format!("It is not valid: {}.", error.inner()))
    })
}

/// The media type of a body; one that the endpoint does not read is refused.
pub(crate) fn expect_media_type<'a>(headers: &HeaderMap, allowed: &[&'a str]) -> Result<&'a str, Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some(found) = allowed.iter().find(|&&allowed| allowed == given) {
        return Ok(found);
    }
    let detail = format!("Send the body as `{}` and say so in `Content-Type`.", allowed.join("` or `"));
    Err(Problem::new(code::unsupported_media_type, detail))
}
