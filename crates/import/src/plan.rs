//! What an import would make of an API service, before it does.

mod backends;
pub(crate) mod changes;
mod piece;
mod routes;

use std::collections::HashSet;

use serde::Serialize;
use switchtower_domain::{
    api_service::{
        Definition,
        definition::{MAX_BACKENDS, MAX_ROUTES},
    },
    id::{BackendId, RouteId},
    name::Name,
};
use utoipa::ToSchema;

use self::changes::Changes;
use crate::{
    collect::collect,
    document::Document,
    error::ImportError,
    note::{Note, Notes, cut},
    server::BaseUrl,
    wanted::group,
};

/// Makes ids; the clock and the randomness are the caller's.
pub trait IdSource {
    /// An id for a new route.
    fn route(&mut self) -> RouteId;
    /// An id for a new backend.
    fn backend(&mut self) -> BackendId;
}

/// What a caller may choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// What relative server URLs are relative to, and the server of a document that names none.
    pub base_url: Option<BaseUrl>,
    /// Whether imported parts that a person edited become what the document says, or go when it does not have them.
    pub overwrite_edits: bool,
}

/// What an import makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The routes and backends as they would be.
    pub definition: Definition,
    /// What would differ.
    pub changes: Changes,
    /// What was not understood, or left out on purpose; at most 200 notes.
    pub report: Vec<Note>,
    /// How many more notes there were.
    pub report_omitted: usize,
    /// What the document says of itself.
    pub suggestions: Suggestions,
}

/// What the document says of itself, fit for an API service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suggestions {
    /// A name made of the title.
    pub name: Option<Name>,
    /// The version of the API.
    pub version: Option<String>,
    /// What the API does.
    pub description: Option<String>,
}

/// What an import of the document would make of the definition.
pub fn plan(
    document: &Document,
    current: &Definition,
    options: &Options,
    ids: &mut dyn IdSource,
) -> Result<Plan, ImportError> {
    let mut notes = Notes::default();
    let collected = collect(document, options.base_url.as_ref(), &mut notes)?;
    let wanted = group(&collected, current, &mut notes);
    let by_hand = current.routes.iter().filter(|route| route.origin.is_manual()).count();
    // An import that understands nothing must not remove everything.
    if wanted.is_empty() && by_hand == 0 {
        return Err(ImportError::NoOperations { notes: notes.into_parts().0 });
    }
    within_routes(wanted.len() + by_hand)?;
    within_backends(collected.addresses.len())?;

    let mut changes = Changes::default();
    let overwrite = options.overwrite_edits;
    let merged = backends::merge(&current.backends, &collected.addresses, overwrite, ids, &mut changes.backends);
    let routes = routes::merge(&current.routes, wanted, &merged.ids, overwrite, ids, &mut changes.routes);
    let used: HashSet<BackendId> =
        routes.iter().flat_map(|route| &route.spec.backend_refs).map(|reference| reference.backend_id).collect();
    let backends = merged.retire(&used, overwrite, &mut changes.backends, &mut notes);
    within_routes(routes.len())?;
    within_backends(backends.len())?;

    let (report, report_omitted) = notes.into_parts();
    let definition = Definition { routes, backends };
    Ok(Plan { definition, changes, report, report_omitted, suggestions: suggestions(document) })
}

fn within_routes(count: usize) -> Result<(), ImportError> {
    if count > MAX_ROUTES { Err(ImportError::TooManyRoutes { count }) } else { Ok(()) }
}

fn within_backends(count: usize) -> Result<(), ImportError> {
    if count > MAX_BACKENDS { Err(ImportError::TooManyBackends { count }) } else { Ok(()) }
}

fn suggestions(document: &Document) -> Suggestions {
    let info = &document.root.info;
    let text =
        |text: &Option<String>, max| text.as_deref().map(|text| cut(text.trim(), max)).filter(|text| !text.is_empty());
    Suggestions {
        name: info.title.as_deref().map(|title| Name::slugify(title, "api")),
        version: text(&info.version, 100),
        description: text(&info.description, 5_000),
    }
}
