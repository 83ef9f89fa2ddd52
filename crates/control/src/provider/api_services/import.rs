//! Routes and backends from an OpenAPI document: first what would change, then the change.

use serde_json::{Value, json};
use switchtower_domain::{
    api_service::{ApiService, ApiServiceId, Definition},
    context::Context,
    event::EventDraft,
    field::FieldErrors,
    id::{BackendId, RouteId},
    operation::{self, Operation},
    resource::Revision,
};
use switchtower_import::{Document, IdSource, ImportError, Limits, Options, PartChanges, Plan, parse, plan};

use crate::{Call, Control, Error, resource::Target};

/// A document with what the caller chose.
#[derive(Debug, Clone, Copy)]
pub struct ImportRequest<'a> {
    /// The document, in JSON or YAML.
    pub document: &'a [u8],
    /// What the caller chose.
    pub options: &'a Options,
}

/// What an import makes, or would make.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The revision of the API service: after the import, or that the preview is about.
    pub revision: Revision,
    /// What differs, and what was not understood.
    pub plan: Plan,
}

impl Control {
    /// What an import would change; changes nothing.
    pub async fn api_service_import_preview(
        &self,
        call: &Call,
        service: ApiServiceId,
        request: ImportRequest<'_>,
    ) -> Result<Imported, Error> {
        let operation = &operation::api_service_import_preview;
        let target = Target::any(service);
        self.planned(call, operation, target, request, |_, _| None).await
    }

    /// Imports a document in one change. One that changes nothing writes nothing.
    pub async fn api_service_import(
        &self,
        call: &Call,
        target: Target<ApiService>,
        request: ImportRequest<'_>,
    ) -> Result<Imported, Error> {
        let operation = &operation::api_service_import;
        self.planned(call, operation, target, request, |before, plan| {
            (plan.definition != *before).then(|| (plan.definition.clone(), event(plan)))
        })
        .await
    }

    async fn planned(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<ApiService>,
        request: ImportRequest<'_>,
        wanted: impl Fn(&Definition, &Plan) -> Option<(Definition, EventDraft)>,
    ) -> Result<Imported, Error> {
        call.authorize(operation)?;
        let document: Document = parse(request.document, Limits::default()).map_err(refused)?;
        let decide = |current: Definition| {
            let plan = plan(&document, &current, request.options, &mut Ids(&call.context)).map_err(refused)?;
            Ok((wanted(&current, &plan), plan))
        };
        let (revision, plan) = self.redefine(call, operation, target, decide).await?;
        Ok(Imported { revision, plan })
    }
}

struct Ids<'a>(&'a Context);

impl IdSource for Ids<'_> {
    fn route(&mut self) -> RouteId {
        self.0.id()
    }

    fn backend(&mut self) -> BackendId {
        self.0.id()
    }
}

fn event(plan: &Plan) -> EventDraft {
    let counts = |changes: &PartChanges| -> Value {
        json!({ "added": changes.added.len(), "changed": changes.changed.len(), "removed": changes.removed.len() })
    };
    EventDraft::new("api_service.imported").with(json!({
        "routes": counts(&plan.changes.routes),
        "backends": counts(&plan.changes.backends),
        "conflicts": plan.changes.conflicts(),
    }))
}

/// The refusal of a document, with the place in it and what to do.
fn refused(error: ImportError) -> Error {
    let sentence = sentence(&error.to_string());
    let one = |pointer: &str, code: &str, detail: String| Error::Document(FieldErrors::one(pointer, code, detail));
    match error {
        ImportError::TooLarge { bytes, limit } => Error::TooLarge { what: "document", bytes, limit },
        ImportError::NotUtf8 => one("", "not_utf8", sentence),
        ImportError::Malformed { .. } => one("", "malformed", sentence),
        ImportError::TooComplex { .. } => one("", "too_complex", sentence),
        ImportError::NotOpenApi => one("/openapi", "required", sentence),
        ImportError::Swagger => one("/swagger", "swagger_2", sentence),
        ImportError::UnsupportedVersion { .. } => one("/openapi", "unsupported_version", sentence),
        ImportError::BaseUrlNeeded { pointer, .. } => {
            one(&pointer, "base_url_required", format!("{sentence} Give it as `?base_url=https://…`."))
        }
        ImportError::NoUsableServer { pointer, .. } => one(&pointer, "no_usable_server", sentence),
        ImportError::TooManyRoutes { .. } => one("/paths", "too_many_routes", sentence),
        ImportError::TooManyBackends { .. } => one("/servers", "too_many_backends", sentence),
        ImportError::NoOperations { notes } => {
            let mut errors = FieldErrors::one("/paths", "no_operations", sentence);
            for note in notes.into_iter().take(20) {
                errors.add(note.pointer, note.code, note.detail);
            }
            Error::Document(errors)
        }
    }
}

/// Makes a sentence of an error's text.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
