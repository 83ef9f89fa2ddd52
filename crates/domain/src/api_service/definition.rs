//! The routes and backends of one API service, as one document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Backend, BackendInput, Imported, Route, RouteInput};
use crate::{
    field::FieldErrors,
    id::{BackendId, RouteId},
};

/// The most routes that one API service may have.
pub const MAX_ROUTES: usize = 2_000;
/// The most backends that one API service may have.
pub const MAX_BACKENDS: usize = 100;

/// Routes and backends, each in order of creation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The routes.
    pub routes: Vec<Route>,
    /// The backends.
    pub backends: Vec<Backend>,
    /// What the last import left, where a person has changed it since.
    #[serde(default, skip_serializing_if = "Imported::is_empty")]
    pub imported: Imported,
    /// What the last imported document says of the API as a whole in `x-…` fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: BTreeMap<String, Value>,
}

/// Why a definition cannot become what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// There is no such part.
    #[error("there is no such part")]
    NotFound,
    /// Fields are wrong.
    #[error("the fields are not valid")]
    Fields(FieldErrors),
    /// The backend still gets requests.
    #[error("the backend is used by {} routes", routes.len())]
    BackendInUse {
        /// The routes that name it.
        routes: Vec<RouteId>,
    },
}

impl Definition {
    /// A route by id.
    pub fn route(&self, id: RouteId) -> Option<&Route> {
        self.routes.iter().find(|route| route.id == id)
    }

    /// A backend by id.
    pub fn backend(&self, id: BackendId) -> Option<&Backend> {
        self.backends.iter().find(|backend| backend.id == id)
    }

    /// Adds a route, or replaces the one with this id.
    pub fn put_route(mut self, id: RouteId, spec: RouteInput) -> Result<Self, DefinitionError> {
        let mut errors = spec.check(|backend| self.backend(backend).is_some());
        let taken = self.routes.iter().any(|route| route.id != id && route.spec.name == spec.name);
        errors.require(
            !taken,
            "/name",
            "name_taken",
            format!("Another route is called `{}`. Choose another name.", spec.name),
        );
        match self.routes.iter_mut().find(|route| route.id == id) {
            Some(route) if route.spec == spec => {}
            Some(route) => {
                let (from, to) = (route.spec.status, spec.status);
                let detail = format!("A route that is `{}` cannot become `{}`.", from.name(), to.name());
                errors.require(from.may_become(to), "/status", "wrong_state", detail);
                route.origin = self.imported.routes.become_spec(route, &spec);
                route.spec = spec;
            }
            None => {
                let detail = format!("An API service has at most {MAX_ROUTES} routes.");
                errors.require(self.routes.len() < MAX_ROUTES, "", "too_many", detail);
                self.routes.push(Route::new(id, spec));
            }
        }
        errors.or(self).map_err(DefinitionError::Fields)
    }

    /// Removes a route.
    pub fn remove_route(mut self, id: RouteId) -> Result<Self, DefinitionError> {
        let route = self.routes.iter().find(|route| route.id == id).ok_or(DefinitionError::NotFound)?;
        self.imported.routes.delete(route);
        self.routes.retain(|route| route.id != id);
        Ok(self)
    }

    /// Adds a backend, or replaces the one with this id.
    pub fn put_backend(mut self, id: BackendId, spec: BackendInput) -> Result<Self, DefinitionError> {
        let mut errors = spec.check();
        let taken = self.backends.iter().any(|backend| backend.id != id && backend.spec.name == spec.name);
        errors.require(
            !taken,
            "/name",
            "name_taken",
            format!("Another backend is called `{}`. Choose another name.", spec.name),
        );
        match self.backends.iter_mut().find(|backend| backend.id == id) {
            Some(backend) if backend.spec == spec => {}
            Some(backend) => {
                backend.origin = self.imported.backends.become_spec(backend, &spec);
                backend.spec = spec;
            }
            None => {
                let detail = format!("An API service has at most {MAX_BACKENDS} backends.");
                errors.require(self.backends.len() < MAX_BACKENDS, "", "too_many", detail);
                self.backends.push(Backend::new(id, spec));
            }
        }
        errors.or(self).map_err(DefinitionError::Fields)
    }

    /// Removes a backend that no route names.
    pub fn remove_backend(mut self, id: BackendId) -> Result<Self, DefinitionError> {
        self.backend(id).ok_or(DefinitionError::NotFound)?;
        let names = |route: &&Route| route.spec.backend_refs.iter().any(|reference| reference.backend_id == id);
        let routes: Vec<_> = self.routes.iter().filter(names).map(|route| route.id).collect();
        if !routes.is_empty() {
            return Err(DefinitionError::BackendInUse { routes });
        }
        if let Some(backend) = self.backends.iter().find(|backend| backend.id == id) {
            self.imported.backends.delete(backend);
        }
        self.backends.retain(|backend| backend.id != id);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Endpoint, Origin, Scheme},
        *,
    };

    fn spec(host: &str) -> BackendInput {
        let endpoints = vec![Endpoint::new(host.to_owned(), 80)];
        BackendInput::new("orders".parse().unwrap(), Scheme::Http, endpoints)
    }

    #[test]
    fn an_edit_of_an_imported_part_keeps_its_id_and_says_edited() {
        let id = BackendId::from_parts(1, 1);
        let imported = Backend { id, origin: Origin::Imported, spec: spec("a.example") };
        let definition = Definition { backends: vec![imported], ..Definition::default() };
        let same = definition.clone().put_backend(id, spec("a.example")).unwrap();
        assert_eq!(same, definition);
        let edited = definition.put_backend(id, spec("b.example")).unwrap();
        assert_eq!(edited.backend(id).unwrap().origin, Origin::Edited);
        let by_hand = Definition::default().put_backend(id, spec("a.example")).unwrap();
        let by_hand = by_hand.put_backend(id, spec("b.example")).unwrap();
        assert_eq!(by_hand.backend(id).unwrap().origin, Origin::Manual);
    }

    #[test]
    fn a_part_stored_without_an_origin_was_made_by_hand() {
        let backend = Backend::new(BackendId::from_parts(1, 1), spec("a.example"));
        let json = serde_json::to_value(&backend).unwrap();
        assert!(json.get("origin").is_none());
        assert_eq!(serde_json::from_value::<Backend>(json).unwrap(), backend);
    }
}
