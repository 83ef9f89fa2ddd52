//! What an import would make of an API service, before it does.

mod backends;
pub(crate) mod changes;
mod ledger;
mod matching;
mod merge;
mod routes;

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchtower_domain::{
    api_service::{
        Definition, Imported,
        definition::{MAX_BACKENDS, MAX_ROUTES},
    },
    id::{BackendId, RouteId},
    name::Name,
};
use utoipa::ToSchema;

pub(crate) use self::routes::answers_every_host;
use self::{changes::Changes, ledger::Ledger, merge::Winner};
use crate::{
    auth::{AuthSuggestion, suggest},
    collect::collect,
    document::Document,
    error::ImportError,
    note::{Notes, Report, cut},
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
    /// Whether imported parts that a person edited or deleted become what the document says, or go when it does not
    /// have them, even where the document did not change.
    pub overwrite_edits: bool,
    /// Who wins where a person and the document changed the same; the person for now, and the next import tells again,
    /// when left out.
    pub prefer: Option<Prefer>,
}

/// Who wins where a person and the document changed the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Prefer {
    /// The document.
    Document,
    /// The person, for good.
    Mine,
}

impl Options {
    const fn winner(&self) -> Winner {
        match (self.overwrite_edits, self.prefer) {
            (true, _) => Winner::DocumentAlways,
            (false, Some(Prefer::Document)) => Winner::Document,
            (false, Some(Prefer::Mine)) => Winner::Mine,
            (false, None) => Winner::MineForNow,
        }
    }
}

/// What an import makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The routes and backends as they would be.
    pub definition: Definition,
    /// What would differ.
    pub changes: Changes,
    /// What was not understood, or left out on purpose.
    pub report: Report,
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
    /// What the authentication of a publish might be: what most operations ask for, the likeliest first.
    pub auth: Vec<AuthSuggestion>,
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
    if wanted.routes.is_empty() && by_hand == 0 {
        return Err(ImportError::NoOperations { notes: notes.into_report().notes });
    }
    // Those that stay deleted do not count.
    let deleted = current.imported.routes.deleted.len();
    within_routes(wanted.routes.len().saturating_sub(deleted) + by_hand)?;
    within_backends(collected.addresses.len())?;

    let before = &current.imported;
    let mut of_routes = Ledger::new(&before.routes, options.winner());
    let mut of_backends = Ledger::new(&before.backends, options.winner());
    let merged =
        backends::merge(&current.backends, &before.backends.deleted, &collected.addresses, &mut of_backends, ids);
    let routes = routes::merge(&current.routes, &before.routes, wanted, &merged.ids, &mut of_routes, ids);
    let used: HashSet<BackendId> =
        routes.iter().flat_map(|route| &route.spec.backend_refs).map(|reference| reference.backend_id).collect();
    let backends = merged.finish(&used, &mut of_backends, &mut notes);
    within_routes(routes.len())?;
    within_backends(backends.len())?;

    routes::note_overlaps(&routes, &mut notes);
    let suggestions = Suggestions { auth: suggest(document, &collected.targets, &mut notes), ..suggestions(document) };
    let changes = Changes { routes: of_routes.changes, backends: of_backends.changes };
    let imported = Imported { routes: of_routes.bases, backends: of_backends.bases };
    let definition = Definition { routes, backends, imported, extensions: extensions(document) };
    Ok(Plan { definition, changes, report: notes.into_report(), suggestions })
}

/// What the document says of the API as a whole in its extensions.
fn extensions(document: &Document) -> BTreeMap<String, Value> {
    let mut extensions = document.root.extensions.values();
    let of_info = document.root.info.extensions.values();
    extensions.extend(of_info.into_iter().map(|(key, value)| (format!("info/{key}"), value)));
    extensions
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
        description: text(&info.description, 5_000).or_else(|| text(&info.summary, 5_000)),
        auth: Vec::new(),
    }
}
