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
//! | `summary`, `description`, `deprecated`, `externalDocs` | description of the route |
//! | `tags` | tags of the route |
//! | `x-…` of a path and its operations | extensions of the route |
//! | `x-…` of the document and its `info` | extensions of the API service |
//! | `security`, `securitySchemes` | suggestions for the `auth` of a publish |
//!
//! Servers of an operation come before those of its path, and those before the document's. Several servers at one
//! level are alternatives, such as production and a sandbox: all of them become backends, the first gets the requests,
//! and the report names the others. A relative server, or none at all, needs [`Options::base_url`].
//!
//! A required query parameter or header does not become a match. A match decides which route answers, so a request
//! without it would get a 404 from the gateway that tells nothing, where the backend answers 400 and tells what is missing;
//! and two routes of one path would compete. The report says that there are some.
//!
//! Everything else is for people and code generators, and is skipped while reading: schemas are never built, so huge
//! and cyclic ones cost a scan and no more. References are followed for path items only, inside the document only, and
//! never in a circle. What has a meaning that is lost is in the [`Plan::report`].
//!
//! # Importing again
//!
//! A part that an import made has the origin `imported`, and `edited` once a person has changed it; only these are
//! matched with the document. The definition remembers how the last import left them, and that is what they are found by: a
//! route by its path and methods, else by its path and a common method, else by its name, else by the path that a
//! person gave it; a backend by its scheme, host and port, else by its name. What is found keeps its id and its name, and is
//! merged field by field:
//!
//! ```text
//!   since the last import          becomes
//!   only the document changed it   what the document says
//!   only a person changed it       what it is
//!   both, to the same              that
//!   both, differently              a conflict: what it is, unless the options prefer the document
//! ```
//!
//! What no document says (timeouts, status, host names, TLS names and so on) is a person's alone. Fields that are not valid
//! with each other when each comes from its own side are taken from one side, and are a conflict. A part that a person deleted
//! stays deleted; one that the document dropped and a person changed stays. Both are conflicts when the other side
//! changed the part. A conflict is told at each import until [`Options::prefer`] settles it.
//!
//! What a person made stays, always: an imported route gives way to one made by hand for the same path and
//! method. [`Options::overwrite_edits`] undoes what people did to imported parts. Planning again on a plan's definition
//! changes nothing.

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
