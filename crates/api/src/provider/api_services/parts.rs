//! The endpoints of routes and backends, written once.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use switchtower_control::provider::api_services::parts::Versioned;
use switchtower_domain::api_service::{ApiServiceId, Part};

use crate::edge::etag::etag;

/// A part, as the API shows it: its ETag is the revision of its API service.
pub(super) struct PartView<P>(pub(super) Versioned<P>);

impl<P: Part> IntoResponse for PartView<P> {
    fn into_response(self) -> Response {
        let Versioned { part, revision } = self.0;
        ([(header::ETAG, etag(revision))], Json(part)).into_response()
    }
}

/// A new part and where it is.
pub(super) struct PartCreated<P> {
    pub(super) service: ApiServiceId,
    pub(super) created: Versioned<P>,
}

impl<P: Part> IntoResponse for PartCreated<P> {
    fn into_response(self) -> Response {
        let id = self.created.part.id();
        let location = format!("/v1/provider/api-services/{}/{}/{id}", self.service, P::COLLECTION);
        let mut response = (StatusCode::CREATED, PartView(self.created)).into_response();
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// Makes the endpoints of a kind of part under the names of their operations.
macro_rules! part_routes {
    (
        $part:ident, input $input:ident, id $id:ident, at $collection:literal, one $one:literal, tag $tag:literal,
        list $list:ident, create $create:ident, get $get:ident, replace $replace:ident, delete $delete:ident $(,)?
    ) => {
        pub(super) fn routes() -> OpenApiRouter<Api> {
            OpenApiRouter::new().routes(routes!($create, $list)).routes(routes!($get, $replace, $delete))
        }

        type Page = $crate::edge::view::PageView<$part>;
        type Marker = <$part as switchtower_domain::api_service::Part>::Marker;
        type Service = switchtower_domain::api_service::ApiService;
        type ServiceId = switchtower_domain::api_service::ApiServiceId;

        #[doc = concat!("Lists the ", $tag, " of an API service, in order of creation.")]
        #[utoipa::path(
            summary = concat!("Lists the ", $tag, " of an API service, in order of creation."),
            get, path = $collection, tag = $tag,
            params(("id" = ServiceId, Path), $crate::edge::query::ListParams),
            responses((status = 200, body = Page), $crate::edge::problem::Problems)
        )]
        async fn $list(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(service): $crate::edge::id::PathId<Service>,
            $crate::edge::query::Params(params): $crate::edge::query::Params<$crate::edge::query::ListParams>,
        ) -> Result<Page, $crate::Problem> {
            let operation = &switchtower_domain::operation::$list;
            Ok(Page::new(api.control.part_list(&call, operation, service, params.into()).await?))
        }

        #[doc = concat!("Adds one of the ", $tag, " of an API service.")]
        #[doc = "\n\nWhat is deployed stays as it is until it is published again. The `ETag` is the API service's."]
        #[utoipa::path(
            summary = concat!("Adds one of the ", $tag, " of an API service."),
            description = "What is deployed stays as it is until it is published again. The `ETag` is the API service's.",
            post, path = $collection, tag = $tag, request_body = $input,
            params(
                ("id" = ServiceId, Path), $crate::edge::etag::IfMatchHeader, $crate::edge::request::IdempotencyHeader
            ),
            responses(
                (status = 201, body = $part, headers(("Location" = String), ("ETag" = String))),
                $crate::edge::problem::Problems
            )
        )]
        async fn $create(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(service): $crate::edge::id::PathId<Service>,
            $crate::edge::etag::IfMatch(if_match): $crate::edge::etag::IfMatch,
            $crate::edge::body::Body(input): $crate::edge::body::Body<$input>,
        ) -> Result<$crate::provider::api_services::parts::PartCreated<$part>, $crate::Problem> {
            let target = switchtower_control::resource::Target { id: service, if_match };
            let operation = &switchtower_domain::operation::$create;
            let created = api.control.part_create(&call, operation, target, input).await?;
            Ok($crate::provider::api_services::parts::PartCreated { service, created })
        }

        #[doc = concat!("Gets one of the ", $tag, " of an API service. The `ETag` is the API service's.")]
        #[utoipa::path(
            summary = concat!("Gets one of the ", $tag, " of an API service. The `ETag` is the API service's."),
            get, path = $one, tag = $tag, params(("id" = ServiceId, Path), ("part_id" = $id, Path)),
            responses((status = 200, body = $part, headers(("ETag" = String))), $crate::edge::problem::Problems)
        )]
        async fn $get(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(service): $crate::edge::id::PathId<Service>,
            $crate::edge::id::PartId(id): $crate::edge::id::PartId<Marker>,
        ) -> Result<$crate::provider::api_services::parts::PartView<$part>, $crate::Problem> {
            let operation = &switchtower_domain::operation::$get;
            let found = api.control.part_get(&call, operation, service, id).await?;
            Ok($crate::provider::api_services::parts::PartView(found))
        }

        #[doc = concat!("Replaces one of the ", $tag, " of an API service.")]
        #[doc = "\n\nWhat is deployed stays as it is until it is published again. The `ETag` is the API service's."]
        #[utoipa::path(
            summary = concat!("Replaces one of the ", $tag, " of an API service."),
            description = "What is deployed stays as it is until it is published again. The `ETag` is the API service's.",
            put, path = $one, tag = $tag, request_body = $input,
            params(("id" = ServiceId, Path), ("part_id" = $id, Path), $crate::edge::etag::IfMatchHeader),
            responses((status = 200, body = $part, headers(("ETag" = String))), $crate::edge::problem::Problems)
        )]
        async fn $replace(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(service): $crate::edge::id::PathId<Service>,
            $crate::edge::id::PartId(id): $crate::edge::id::PartId<Marker>,
            $crate::edge::etag::IfMatch(if_match): $crate::edge::etag::IfMatch,
            $crate::edge::body::Body(input): $crate::edge::body::Body<$input>,
        ) -> Result<$crate::provider::api_services::parts::PartView<$part>, $crate::Problem> {
            let target = switchtower_control::resource::Target { id: service, if_match };
            let operation = &switchtower_domain::operation::$replace;
            let replaced = api.control.part_replace(&call, operation, target, id, input).await?;
            Ok($crate::provider::api_services::parts::PartView(replaced))
        }

        #[doc = concat!("Removes one of the ", $tag, " of an API service.")]
        #[doc = "\n\nWhat is deployed stays as it is until it is published again. A backend that a route names stays."]
        #[utoipa::path(
            summary = concat!("Removes one of the ", $tag, " of an API service."),
            description = "What is deployed stays as it is until it is published again. A backend that a route names stays.",
            delete, path = $one, tag = $tag,
            params(("id" = ServiceId, Path), ("part_id" = $id, Path), $crate::edge::etag::IfMatchHeader),
            responses((status = 204), $crate::edge::problem::Problems)
        )]
        async fn $delete(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(service): $crate::edge::id::PathId<Service>,
            $crate::edge::id::PartId(id): $crate::edge::id::PartId<Marker>,
            $crate::edge::etag::IfMatch(if_match): $crate::edge::etag::IfMatch,
        ) -> Result<http::StatusCode, $crate::Problem> {
            let target = switchtower_control::resource::Target { id: service, if_match };
            let operation = &switchtower_domain::operation::$delete;
            api.control.part_delete::<$part>(&call, operation, target, id).await?;
            Ok(http::StatusCode::NO_CONTENT)
        }
    };
}
pub(super) use part_routes;
