//! API services: what is offered, without a place. An aggregate of routes and backends.
//!
//! The head is an ordinary resource; its routes and backends are one [`Definition`], stored and replaced as a whole
//! (see `docs/decisions/0002-definition-document.md`), so that an import of a thousand paths is one change.

pub mod backend;
pub mod definition;
pub mod fields;
pub mod imported;
pub mod origin;
pub mod part;
pub mod route;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    change::{Change, Stamp, WrongState},
    event::EventDraft,
    field::FieldErrors,
    id::resource_id,
    name::{Labels, Name},
    resource::{EditError, Editable, Kind, Resource},
};

pub use self::{
    backend::{Backend, BackendInput, BackendTimeouts, BackendTls, Endpoint, Scheme},
    definition::{Definition, DefinitionError},
    imported::{Bases, Imported},
    origin::Origin,
    part::Part,
    route::{
        BackendRef, Method, PathMatch, PathMatchType, Route, RouteInput, RouteStatus, RouteTimeouts, ValueMatch,
        ValueMatchType,
    },
};

resource_id!(ApiService, ApiServiceId, "api");

/// `inactive` ⇄ `active`. Only active services are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActiveStatus {
    /// Being worked on.
    Inactive,
    /// Ready to be published.
    Active,
}

/// An API service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiService {
    /// The version of the API, semantic versioning advised.
    pub version: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Whether it may be published.
    pub status: ActiveStatus,
    /// How many routes it has.
    pub route_count: u32,
    /// How many backends it has.
    pub backend_count: u32,
    /// What the last imported OpenAPI document says of the API as a whole in `x-…` fields; those of its `info` are named
    /// `info/x-…`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub extensions: BTreeMap<String, Value>,
}

/// What makes or replaces an API service.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiServiceInput {
    /// The name.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// The version of the API.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub version: Option<String>,
    /// What it does.
    #[serde(default)]
    #[schema(max_length = 5000)]
    pub description: Option<String>,
}

impl Kind for ApiService {
    const KIND: &'static str = "api_service";
}

impl Editable for ApiService {
    type Input = ApiServiceInput;
    const EVENTS: [&'static str; 3] = ["api_service.created", "api_service.updated", "api_service.deleted"];

    fn name_of(input: &ApiServiceInput) -> &Name {
        &input.name
    }

    fn labels_of(input: &ApiServiceInput) -> &Labels {
        &input.labels
    }

    fn draft(input: ApiServiceInput) -> Result<Self, FieldErrors> {
        Ok(Self {
            version: input.version,
            description: input.description,
            status: ActiveStatus::Inactive,
            route_count: 0,
            backend_count: 0,
            extensions: BTreeMap::new(),
        })
    }

    fn amend(self, input: ApiServiceInput) -> Result<Self, EditError> {
        Ok(Self { version: input.version, description: input.description, ..self })
    }

    fn input(resource: &Resource<Self>) -> ApiServiceInput {
        ApiServiceInput {
            name: resource.name.clone(),
            labels: resource.labels.clone(),
            version: resource.body.version.clone(),
            description: resource.body.description.clone(),
        }
    }
}

impl Resource<ApiService> {
    /// Lets the service be published. It needs a route.
    pub fn activate(self, stamp: &Stamp) -> Result<Change<ApiService>, WrongState> {
        if self.body.route_count == 0 {
            let state = "without routes".to_owned();
            return Err(WrongState { kind: ApiService::KIND, verb: "activate", state, allowed: "one with a route" });
        }
        self.switch(ActiveStatus::Inactive, ActiveStatus::Active, "activate", "api_service.activated", stamp)
    }

    /// Keeps the service from being published; what is deployed stays.
    pub fn deactivate(self, stamp: &Stamp) -> Result<Change<ApiService>, WrongState> {
        self.switch(ActiveStatus::Active, ActiveStatus::Inactive, "deactivate", "api_service.deactivated", stamp)
    }

    fn switch(
        self,
        from: ActiveStatus,
        to: ActiveStatus,
        verb: &'static str,
        event: &'static str,
        stamp: &Stamp,
    ) -> Result<Change<ApiService>, WrongState> {
        self.body.status.expect_from(from, ApiService::KIND, verb)?;
        let body = ApiService { status: to, ..self.body.clone() };
        Ok(self.become_body(body, stamp, EventDraft::new(event)))
    }

    /// The service with another definition; `event` tells what was edited.
    pub fn redefine(self, definition: &Definition, stamp: &Stamp, event: EventDraft) -> Change<ApiService> {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let body = ApiService {
            route_count: count(definition.routes.len()),
            backend_count: count(definition.backends.len()),
            extensions: definition.extensions.clone(),
            ..self.body.clone()
        };
        self.become_body(body, stamp, event)
    }
}

impl ActiveStatus {
    /// Whether it is active.
    pub const fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }

    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Active => "active",
        }
    }

    /// Refuses a transition from any other state than `from`.
    pub(crate) fn expect_from(self, from: Self, kind: &'static str, verb: &'static str) -> Result<(), WrongState> {
        if self == from {
            return Ok(());
        }
        let allowed = match from {
            Self::Inactive => "`inactive`",
            Self::Active => "`active`",
        };
        Err(WrongState { kind, verb, state: self.name().to_owned(), allowed })
    }
}
