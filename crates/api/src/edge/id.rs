//! Ids in paths. One that cannot exist is answered as one that does not.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use switchtower_domain::id::{Id, Prefixed};

use super::code;
use crate::{Api, Problem};

/// The id in `{id}`.
pub struct PathId<K>(pub Id<K>);

/// The id in `{part_id}`.
pub struct PartId<K>(pub Id<K>);

async fn parameter<K: Prefixed>(parts: &mut Parts, api: &Api, name: &str) -> Result<Id<K>, Problem> {
    let path = Path::<HashMap<String, String>>::from_request_parts(parts, api).await;
    let text = path.ok().and_then(|Path(mut parameters)| parameters.remove(name)).unwrap_or_default();
    text.parse().map_err(|_| {
        let kind = K::ID_NAME.trim_end_matches("Id");
        Problem::new(code::not_found, format!("There is no such {kind}. Its ids look like `{}_01k2…`.", K::PREFIX))
    })
}

impl<K: Prefixed> FromRequestParts<Api> for PathId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        parameter(parts, api, "id").await.map(Self)
    }
}

impl<K: Prefixed> FromRequestParts<Api> for PartId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        parameter(parts, api, "part_id").await.map(Self)
    }
}
