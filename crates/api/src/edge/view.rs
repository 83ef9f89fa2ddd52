//! What the API shows of resources and lists.

use std::borrow::Cow;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use switchtower_domain::{
    actor::Actor,
    name::{Labels, Name},
    resource::{Kind, Resource, Revision},
    tenant::TenantId,
};
use switchtower_store::Listed;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema, schema::AllOfBuilder},
};

use super::etag::etag;

/// What every resource shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope {
    /// Its identifier.
    pub id: String,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Its name.
    pub name: Name,
    /// Its labels.
    pub labels: Labels,
    /// Counts its changes; the ETag.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Actor,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: Actor,
}

/// A resource, as the API shows it: its public form is its stored form.
#[derive(Debug, Serialize)]
#[serde(transparent, bound = "K: Kind")]
pub struct View<K: Kind>(pub Resource<K>);

impl<K: Kind + ToSchema> PartialSchema for View<K> {
    fn schema() -> RefOr<Schema> {
        AllOfBuilder::new().item(Envelope::schema()).item(K::schema()).into()
    }
}

impl<K: Kind + ToSchema> ToSchema for View<K> {
    fn name() -> Cow<'static, str> {
        K::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Envelope::schemas(schemas);
        K::schemas(schemas);
    }
}

impl<K: Kind> IntoResponse for View<K> {
    fn into_response(self) -> Response {
        let tag = etag(self.0.revision);
        ([(header::ETAG, tag)], Json(self)).into_response()
    }
}

/// A new resource and where it is.
#[derive(Debug)]
pub struct Created<K: Kind> {
    /// The path of its collection.
    pub collection: &'static str,
    /// The resource.
    pub resource: Resource<K>,
}

impl<K: Kind> IntoResponse for Created<K> {
    fn into_response(self) -> Response {
        let location = format!("{}/{}", self.collection, self.resource.id);
        let mut response = View(self.resource).into_response();
        *response.status_mut() = StatusCode::CREATED;
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// A part of a list.
#[derive(Debug, Serialize)]
pub struct PageView<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next part begins; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T> PageView<T> {
    /// A page of what the store listed.
    pub fn new(listed: Listed<T>) -> Self {
        Self { items: listed.items, next_cursor: listed.next_cursor }
    }
}

impl<K: Kind> From<Listed<Resource<K>>> for PageView<View<K>> {
    fn from(listed: Listed<Resource<K>>) -> Self {
        Self::new(listed.map(View))
    }
}

impl<T: ToSchema> PartialSchema for PageView<T> {
    fn schema() -> RefOr<Schema> {
        use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Ref};
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let object = ObjectBuilder::new().property("items", items).required("items").required("next_cursor");
        let cursor = Option::<String>::schema();
        object.property("next_cursor", cursor).into()
    }
}

impl<T: ToSchema> ToSchema for PageView<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Page", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T: Serialize> IntoResponse for PageView<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
