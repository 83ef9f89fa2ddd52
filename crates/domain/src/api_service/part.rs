//! What routes and backends have in common: they live in a [`Definition`] and change with it.

use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{Backend, BackendInput, Definition, DefinitionError, Origin, Route, RouteInput};
use crate::{
    id::{BackendMarker, Id, Prefixed, RouteMarker},
    name::Name,
};

/// A part of an API service.
pub trait Part: Clone + Serialize + Send + Sync + 'static {
    /// What its ids are ids of.
    type Marker: Prefixed;
    /// What a caller sends to make or replace one.
    type Input: Clone + PartialEq + Serialize + DeserializeOwned + ToSchema + Send + Sync + 'static;

    /// What it is called in problems.
    const KIND: &'static str;
    /// The last segment of its collection's path.
    const COLLECTION: &'static str;
    /// The type of the event that tells of a creation, an update and a deletion, in that order.
    const EVENTS: [&'static str; 3];

    /// Its id.
    fn id(&self) -> Id<Self::Marker>;

    /// Its name.
    fn name(&self) -> &Name;

    /// Where it came from.
    fn origin(&self) -> Origin;

    /// What it is, without its id.
    fn spec(&self) -> &Self::Input;

    /// One that an import makes.
    fn imported(id: Id<Self::Marker>, spec: Self::Input) -> Self;

    /// All of a definition, in order of creation.
    fn all(definition: &Definition) -> &[Self];

    /// The definition with this one, new or in the place of the one with this id.
    fn put(definition: Definition, id: Id<Self::Marker>, input: Self::Input) -> Result<Definition, DefinitionError>;

    /// The definition without it.
    fn remove(definition: Definition, id: Id<Self::Marker>) -> Result<Definition, DefinitionError>;

    /// The one of that id.
    fn find(definition: &Definition, id: Id<Self::Marker>) -> Result<&Self, DefinitionError> {
        Self::all(definition).iter().find(|part| part.id() == id).ok_or(DefinitionError::NotFound)
    }
}

impl Part for Route {
    type Marker = RouteMarker;
    type Input = RouteInput;
    const KIND: &'static str = "route";
    const COLLECTION: &'static str = "routes";
    const EVENTS: [&'static str; 3] =
        ["api_service.route_created", "api_service.route_updated", "api_service.route_deleted"];

    fn id(&self) -> Id<RouteMarker> {
        self.id
    }

    fn name(&self) -> &Name {
        &self.spec.name
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn spec(&self) -> &RouteInput {
        &self.spec
    }

    fn imported(id: Id<RouteMarker>, spec: RouteInput) -> Self {
        Self { id, origin: Origin::Imported, spec }
    }

    fn all(definition: &Definition) -> &[Self] {
        &definition.routes
    }

    fn put(definition: Definition, id: Id<RouteMarker>, input: RouteInput) -> Result<Definition, DefinitionError> {
        definition.put_route(id, input)
    }

    fn remove(definition: Definition, id: Id<RouteMarker>) -> Result<Definition, DefinitionError> {
        definition.remove_route(id)
    }
}

impl Part for Backend {
    type Marker = BackendMarker;
    type Input = BackendInput;
    const KIND: &'static str = "backend";
    const COLLECTION: &'static str = "backends";
    const EVENTS: [&'static str; 3] =
        ["api_service.backend_created", "api_service.backend_updated", "api_service.backend_deleted"];

    fn id(&self) -> Id<BackendMarker> {
        self.id
    }

    fn name(&self) -> &Name {
        &self.spec.name
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn spec(&self) -> &BackendInput {
        &self.spec
    }

    fn imported(id: Id<BackendMarker>, spec: BackendInput) -> Self {
        Self { id, origin: Origin::Imported, spec }
    }

    fn all(definition: &Definition) -> &[Self] {
        &definition.backends
    }

    fn put(definition: Definition, id: Id<BackendMarker>, input: BackendInput) -> Result<Definition, DefinitionError> {
        definition.put_backend(id, input)
    }

    fn remove(definition: Definition, id: Id<BackendMarker>) -> Result<Definition, DefinitionError> {
        definition.remove_backend(id)
    }
}

/// The schema of a part as it is shown: its input, with id and origin, and room for fields to come.
fn shown<P: Part>() -> RefOr<Schema> {
    let mut schema = <P::Input as PartialSchema>::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.additional_properties = None;
        object.properties.insert("id".to_owned(), Id::<P::Marker>::schema());
        object.properties.insert("origin".to_owned(), Origin::schema());
        object.required.push("id".to_owned());
    }
    schema
}

impl PartialSchema for Route {
    fn schema() -> RefOr<Schema> {
        shown::<Self>()
    }
}

impl ToSchema for Route {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        RouteInput::schemas(schemas);
    }
}

impl PartialSchema for Backend {
    fn schema() -> RefOr<Schema> {
        shown::<Self>()
    }
}

impl ToSchema for Backend {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        BackendInput::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_part_may_have_more_fields_than_its_input() {
        let schema = serde_json::to_value(Backend::schema()).unwrap();
        assert!(schema.get("additionalProperties").is_none());
        assert!(schema["properties"]["id"]["pattern"].as_str().unwrap().starts_with("^bkd_"));
        assert_eq!(serde_json::to_value(BackendInput::schema()).unwrap()["additionalProperties"], false);
    }
}
