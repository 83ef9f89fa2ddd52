//! Query parameters.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::{Deserialize, de::DeserializeOwned};
use switchtower_control::resource::ListRequest;
use utoipa::IntoParams;

use super::code;
use crate::{Api, Problem};

/// Query parameters of a known form; unknown ones are errors.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Checked> FromRequestParts<Api> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Query(value) = Query::<T>::from_request_parts(parts, api)
            .await
            .map_err(|rejection| Problem::new(code::invalid_query, sentence(&rejection.body_text())))?;
        value.check().map_err(|detail| Problem::new(code::invalid_query, detail))?;
        Ok(Self(value))
    }
}

/// Query parameters with rules beyond their types.
pub trait Checked {
    /// A sentence for what is wrong.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// How many items, 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub limit: Option<u32>,
    /// Where the part begins: `next_cursor` of the part before.
    pub cursor: Option<String>,
}

impl Checked for ListParams {
    fn check(&self) -> Result<(), String> {
        check_limit(self.limit)
    }
}

impl From<ListParams> for ListRequest {
    fn from(params: ListParams) -> Self {
        list_request(params.limit, params.cursor)
    }
}

/// A limit within its bounds.
pub(crate) fn check_limit(limit: Option<u32>) -> Result<(), String> {
    match limit {
        Some(limit) if !(1..=100).contains(&limit) => Err("`limit` is a number from 1 to 100.".to_owned()),
        _ => Ok(()),
    }
}

/// The part of a list that parameters ask for.
pub(crate) fn list_request(limit: Option<u32>, cursor: Option<String>) -> ListRequest {
    ListRequest { limit: limit.unwrap_or(50), cursor }
}

/// Makes a sentence of what the decoder says.
fn sentence(text: &str) -> String {
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    format!("The query parameters are not valid: {text}.")
}
