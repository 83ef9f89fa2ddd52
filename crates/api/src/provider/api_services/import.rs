//! `/v1/provider/api-services/{id}/import`: routes and backends from an OpenAPI document.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use serde::{Deserialize, Serialize};
use switchtower_control::{
    provider::api_services::import::{ImportRequest, Imported},
    resource::Target,
};
use switchtower_domain::{
    api_service::{ApiService, ApiServiceId},
    resource::Revision,
};
use switchtower_import::{BaseUrl, Changes, Note, Options, Prefer, Report, Suggestions};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, Problem,
    edge::{
        call::Known,
        document::Document,
        etag::{IfMatch, IfMatchHeader, etag},
        id::PathId,
        problem::Problems,
        query::{Checked, Params},
        request::IdempotencyHeader,
    },
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(api_service_import_preview)).routes(routes!(api_service_import))
}

/// What the caller chooses.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportParams {
    /// What relative server URLs are relative to, and the server of a document that names none: an `http` or `https` URL.
    #[param(max_length = 2000, example = "https://orders.example.com")]
    base_url: Option<String>,
    /// Who wins where a person and the document changed the same field since the last import, or one deleted what the
    /// other changed: `document`, or `mine`, which settles it for good. When left out, what the person did stays, and
    /// the next import tells of the conflict again.
    #[param(inline)]
    prefer: Option<Prefer>,
    /// Whether all that a person edited or deleted of what was imported becomes what the document says, even where the
    /// document did not change; it stays, when left out. Not together with `prefer=mine`.
    #[param(default = false)]
    overwrite_edits: Option<bool>,
}

impl ImportParams {
    fn base(&self) -> Result<Option<BaseUrl>, String> {
        let parsed = self.base_url.as_deref().map(str::parse).transpose();
        parsed.map_err(|error| format!("`base_url` is not valid: {error}."))
    }
}

impl Checked for ImportParams {
    fn check(&self) -> Result<(), String> {
        if self.overwrite_edits == Some(true) && self.prefer == Some(Prefer::Mine) {
            return Err("`overwrite_edits=true` and `prefer=mine` contradict each other; give one of them.".to_owned());
        }
        self.base().map(drop)
    }
}

impl From<ImportParams> for Options {
    fn from(params: ImportParams) -> Self {
        let base_url = params.base().unwrap_or_default();
        Self { base_url, overwrite_edits: params.overwrite_edits.unwrap_or_default(), prefer: params.prefer }
    }
}

/// What an import makes of an API service, or would make.
#[derive(Debug, Serialize, ToSchema)]
struct ImportResult {
    /// The revision of the API service: after the import, or the one that the preview is about.
    revision: Revision,
    /// How many routes it has then.
    route_count: usize,
    /// How many backends it has then.
    backend_count: usize,
    /// What differs.
    changes: Changes,
    /// What of the document was not understood, or left out on purpose; at most 200 notes.
    report: Vec<Note>,
    /// How many more notes there were.
    report_omitted: usize,
    /// How often each code was met; what is noted once, at its first place, is counted at every place.
    report_counts: BTreeMap<&'static str, usize>,
    /// What the document says of itself and of who may call. It is not taken over: edit the API service and the publish
    /// for that.
    suggestions: Suggestions,
}

impl From<Imported> for ImportResult {
    fn from(Imported { revision, plan }: Imported) -> Self {
        let Report { notes, omitted, counts } = plan.report;
        Self {
            revision,
            route_count: plan.definition.routes.len(),
            backend_count: plan.definition.backends.len(),
            changes: plan.changes,
            report: notes,
            report_omitted: omitted,
            report_counts: counts,
            suggestions: plan.suggestions,
        }
    }
}

impl IntoResponse for ImportResult {
    fn into_response(self) -> Response {
        ([(header::ETAG, etag(self.revision))], Json(self)).into_response()
    }
}

/// Shows what an import of an OpenAPI document would change, and changes nothing.
///
/// The answer's `ETag` as `If-Match` of the import makes sure that it does what was shown.
#[utoipa::path(
    post, path = "/{id}/import-preview", tag = "API services",
    request_body(content(
        (String = "application/yaml"), (String = "application/openapi+yaml"), (String = "text/yaml"),
        (serde_json::Map<String, serde_json::Value> = "application/json"),
        (serde_json::Map<String, serde_json::Value> = "application/openapi+json"),
    )),
    params(("id" = ApiServiceId, Path), ImportParams, IdempotencyHeader),
    responses((status = 200, body = ImportResult, headers(("ETag" = String))), Problems)
)]
async fn api_service_import_preview(
    State(api): State<Api>,
    Known(call): Known,
    PathId(service): PathId<ApiService>,
    Params(params): Params<ImportParams>,
    Document(document): Document,
) -> Result<ImportResult, Problem> {
    let request = ImportRequest { document: &document, options: &params.into() };
    Ok(api.control.api_service_import_preview(&call, service, request).await?.into())
}

/// Makes routes and backends of an OpenAPI document (3.0, 3.1 or 3.2, JSON or YAML) in one change.
///
/// Servers become backends, paths and their methods become routes, `x-…` fields become extensions. Importing again finds
/// what it made before, keeps its ids, and merges field by field: what only the document changed is taken, what only a
/// person changed or deleted stays, and what both changed is a conflict that `changes` lists with all three values. What
/// a person made is never touched. Of `security` come suggestions for the `auth` of a publish. A document of more than 4 MB is sent with `Content-Encoding: gzip`, as
/// `application/openapi+json` or `application/yaml`. What is deployed stays as it is until it is published again.
#[utoipa::path(
    post, path = "/{id}/import", tag = "API services",
    request_body(content(
        (String = "application/yaml"), (String = "application/openapi+yaml"), (String = "text/yaml"),
        (serde_json::Map<String, serde_json::Value> = "application/json"),
        (serde_json::Map<String, serde_json::Value> = "application/openapi+json"),
    )),
    params(("id" = ApiServiceId, Path), ImportParams, IfMatchHeader, IdempotencyHeader),
    responses((status = 200, body = ImportResult, headers(("ETag" = String))), Problems)
)]
async fn api_service_import(
    State(api): State<Api>,
    Known(call): Known,
    PathId(id): PathId<ApiService>,
    IfMatch(if_match): IfMatch,
    Params(params): Params<ImportParams>,
    Document(document): Document,
) -> Result<ImportResult, Problem> {
    let request = ImportRequest { document: &document, options: &params.into() };
    Ok(api.control.api_service_import(&call, Target { id, if_match }, request).await?.into())
}
