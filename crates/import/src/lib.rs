//! Makes the routes and backends of an API service out of an OpenAPI document, free of I/O.
//!
//! ```text
//!   bytes --parse--> Document --plan(current definition)--> Plan { definition, changes, report, suggestions }
//! ```
//!
//! # What becomes what
//!
//! | OpenAPI | API service |
//! | --- | --- |
//! | server | backend, one per scheme, host and port |
//! | path and its methods | route; one per path, more when operations have servers of their own |
//! | base path of the server | the first part of the route's path |
//! | `/pets` | `exact` |
//! | `/pets/{id}` | `regex` `/pets/[^/]+`, which a gateway compares with the whole path |
//! | `operationId`, else the path | name of the route |
//! | `summary`, `tags` | description and tags of the route |
//!
//! Servers of an operation come before those of its path, and those before the document's. Several servers at one
//! level are alternatives, such as production and a sandbox: all of them become backends, the first gets the requests,
//! and the report names the others. A relative server, or none at all, needs [`Options::base_url`].
//!
//! Everything else is for people and code generators, and is skipped while reading: schemas are never built, so huge
//! and cyclic ones cost a scan and no more. References are followed for path items only, inside the document only, and
//! never in a circle. What has a meaning that is lost is in the [`Plan::report`].
//!
//! # Importing again
//!
//! A part that an import made has the origin `imported`, and `edited` once a person has changed it; only these are
//! matched with the document. A route is found again by its path and methods, else by its path and a common method, else by
//! its name; a backend by its scheme, host and port, else by its name. What is found keeps its id, its name, and what no
//! document can say (timeouts, TLS names).
//!
//! What a person made stays, always: an imported route gives way to one made by hand for the same path and
//! method. What a person edited stays unless [`Options::overwrite_edits`]; the changes list it as kept, with what the
//! document says instead. Planning again on a plan's definition changes nothing.

mod auth;
mod collect;
mod document;
mod error;
mod kept;
mod limits;
mod name;
mod note;
mod parse;
mod path;
mod plan;
mod reference;
mod server;
mod wanted;

pub use self::{
    auth::{AuthSuggestion, SuggestedApiKey, SuggestedAuth, SuggestedJwt},
    document::Document,
    error::ImportError,
    limits::Limits,
    note::{Note, Report},
    parse::parse,
    plan::{
        IdSource, Options, Plan, Prefer, Suggestions,
        changes::{Changes, Conflict, ConflictKind, FieldChange, FieldConflict, Part, PartChanges, Resolution},
        plan,
    },
    server::{BaseUrl, BaseUrlError},
};

#[cfg(test)]
mod tests;
