//! The parts of an OpenAPI document that an import has a use for; the rest is skipped while reading.

mod asides;
mod extensions;
mod loose;
mod object;
mod operation;
mod path_item;
mod root;
mod scalar;
mod security;
mod server;

use indexmap::IndexMap;
use switchtower_domain::api_service::Method;

pub(crate) use self::{
    asides::Parameters,
    extensions::{Extensions, Foreign},
    object::Object,
    operation::Operation,
    path_item::PathItem,
    root::Root,
    security::{Scheme, Security},
    server::Server,
};

/// An OpenAPI document of version 3, reduced to what an import needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub(crate) root: Root,
}

impl Document {
    /// The version of OpenAPI that it says, such as `3.1.0`.
    pub fn openapi(&self) -> &str {
        self.root.openapi.as_deref().unwrap_or_default()
    }

    /// How many paths it has.
    pub fn path_count(&self) -> usize {
        self.root.paths.len()
    }
}

/// A mapping whose keys are free, in the order written.
pub(crate) type Map<T> = IndexMap<String, T>;

/// The first fields of an object that OpenAPI does not know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    pub(crate) unknown: Vec<String>,
}

impl Extras {
    /// The most fields that are remembered of one object.
    const MAX: usize = 8;

    fn meet(&mut self, key: &str) {
        if self.unknown.len() < Self::MAX {
            self.unknown.push(key.to_owned());
        }
    }
}

/// The method that a field of a path item stands for.
fn method(key: &str) -> Option<Method> {
    Some(match key {
        "get" => Method::Get,
        "head" => Method::Head,
        "post" => Method::Post,
        "put" => Method::Put,
        "patch" => Method::Patch,
        "delete" => Method::Delete,
        "options" => Method::Options,
        "trace" => Method::Trace,
        _ => return None,
    })
}
