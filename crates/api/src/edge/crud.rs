//! The handlers that every kind of resource has, written once.
//!
//! `crud!` takes the kind, its input, its id and the paths, and makes `create`, `list`, `get`, `replace`, `patch` and `delete`
//! handlers with their documentation (`edits` says what an edit means); `get!`, `list!` and `list_by!`
//! make one of them for kinds that have no more, `actions!` and `reasoned!` make `POST …/{id}/<verb>` handlers of transitions. A macro, because the
//! documentation attribute needs the concrete types.

/// Makes the create, get, replace and patch handlers of a kind, under the names of their operations.
macro_rules! crud {
    (
        $kind:ident, input $input:ident, id $id:ident, view $view:ident, at $collection:literal, tag $tag:literal,
        create $create:ident, get $get:ident, replace $replace:ident, patch $patch:ident,
        $(edits $note:literal,)?
    ) => {
        #[doc = concat!("A ", $tag, ", as the API shows it.")]
        pub type $view = $crate::edge::view::View<$kind>;

        #[doc = concat!("Creates a ", stringify!($kind), ".")]
        #[utoipa::path(
                    summary = concat!("Adds one to the tenant's ", $tag, "."),
                    post, path = "/", tag = $tag, request_body = $input,
                    params($crate::edge::request::IdempotencyHeader),
                    responses(
                        (status = 201, body = $view, headers(("Location" = String), ("ETag" = String))),
                        $crate::edge::problem::Problems
                    )
                )]
        pub(crate) async fn $create(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::body::Body(input): $crate::edge::body::Body<$input>,
        ) -> Result<$crate::edge::view::Created<$kind>, $crate::Problem> {
            let resource = api.control.create(&call, &switchtower_domain::operation::$create, input).await?;
            Ok($crate::edge::view::Created { collection: $collection, resource })
        }

        #[doc = concat!("Gets a ", stringify!($kind), ".")]
        #[utoipa::path(
                    summary = concat!("Gets one of the tenant's ", $tag, "."),
                    get, path = "/{id}", tag = $tag, params(("id" = $id, Path)),
                    responses((status = 200, body = $view, headers(("ETag" = String))), $crate::edge::problem::Problems)
                )]
        pub(crate) async fn $get(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(id): $crate::edge::id::PathId<$kind>,
        ) -> Result<$view, $crate::Problem> {
            let resource = api.control.get(&call, &switchtower_domain::operation::$get, id).await?;
            Ok($crate::edge::view::View(resource))
        }

        #[doc = concat!("Replaces everything of a ", stringify!($kind), " that callers may edit.")]
        $(#[doc = concat!("\n\n", $note)])?
        #[utoipa::path(
                    summary = concat!("Replaces one of the tenant's ", $tag, ": everything that callers may edit."),
                    $(description = $note,)?
                    put, path = "/{id}", tag = $tag, request_body = $input,
                    params(("id" = $id, Path), $crate::edge::etag::IfMatchHeader),
                    responses((status = 200, body = $view, headers(("ETag" = String))), $crate::edge::problem::Problems)
                )]
        pub(crate) async fn $replace(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(id): $crate::edge::id::PathId<$kind>,
            $crate::edge::etag::IfMatch(if_match): $crate::edge::etag::IfMatch,
            $crate::edge::body::Body(input): $crate::edge::body::Body<$input>,
        ) -> Result<$view, $crate::Problem> {
            let target = switchtower_control::resource::Target { id, if_match };
            let operation = &switchtower_domain::operation::$replace;
            Ok($crate::edge::view::View(api.control.replace(&call, operation, target, input).await?))
        }

        #[doc = concat!("Edits a part of a ", stringify!($kind), " with a JSON Merge Patch.")]
        $(#[doc = concat!("\n\n", $note)])?
        #[utoipa::path(
                    summary = concat!("Edits one of the tenant's ", $tag, " with a JSON Merge Patch."),
                    $(description = $note,)?
                    patch, path = "/{id}", tag = $tag,
                    request_body(content(
                        (serde_json::Map<String, serde_json::Value> = "application/merge-patch+json"),
                        (serde_json::Map<String, serde_json::Value> = "application/json"),
                    )),
                    params(("id" = $id, Path), $crate::edge::etag::IfMatchHeader),
                    responses((status = 200, body = $view, headers(("ETag" = String))), $crate::edge::problem::Problems)
                )]
        pub(crate) async fn $patch(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(id): $crate::edge::id::PathId<$kind>,
            $crate::edge::etag::IfMatch(if_match): $crate::edge::etag::IfMatch,
            patch: $crate::edge::body::Patch,
        ) -> Result<$view, $crate::Problem> {
            let target = switchtower_control::resource::Target { id, if_match };
            let operation = &switchtower_domain::operation::$patch;
            let resource = api.control.patch(&call, operation, target, |input| patch.apply(&input)).await?;
            Ok($crate::edge::view::View(resource))
        }
    };
}

/// Makes the plain list handler of a kind.
macro_rules! list {
    ($kind:ident, view $view:ident, page $page:ident, tag $tag:literal, list $list:ident $(,)?) => {
        #[doc = concat!("A part of a list of ", $tag, ".")]
        pub type $page = $crate::edge::view::PageView<$view>;

        #[doc = concat!("Lists ", $tag, ", oldest first.")]
        #[utoipa::path(
                    summary = concat!("Lists ", $tag, ", oldest first."),
                                            get, path = "/", tag = $tag, params($crate::edge::query::ListParams),
                                            responses((status = 200, body = $page), $crate::edge::problem::Problems)
                                        )]
        pub(crate) async fn $list(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::query::Params(params): $crate::edge::query::Params<$crate::edge::query::ListParams>,
        ) -> Result<$page, $crate::Problem> {
            let operation = &switchtower_domain::operation::$list;
            Ok(api.control.list::<$kind>(&call, operation, params.into()).await?.into())
        }
    };
}

/// Makes the list handler of a kind with one filter: what its resources are listed under.
macro_rules! list_by {
    (
        $kind:ident, view $view:ident, page $page:ident, tag $tag:literal, list $list:ident,
        by $filter:ident: $type:ty, $doc:literal, params $params:ident $(,)?
    ) => {
        #[doc = concat!("A part of a list of ", $tag, ".")]
        pub type $page = $crate::edge::view::PageView<$view>;

        #[doc = concat!("Which ", $tag, " are wanted.")]
        #[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $params {
            /// How many items, 1 to 100; 50 when left out.
            #[param(minimum = 1, maximum = 100, default = 50)]
            limit: Option<u32>,
            /// Where the part begins: `next_cursor` of the part before.
            cursor: Option<String>,
            #[doc = $doc]
            $filter: Option<$type>,
        }

        impl $crate::edge::query::Checked for $params {
            fn check(&self) -> Result<(), String> {
                $crate::edge::query::check_limit(self.limit)
            }
        }

        #[doc = concat!("Lists ", $tag, ", oldest first.")]
        #[utoipa::path(
                                            summary = concat!("Lists ", $tag, ", oldest first."),
                                            get, path = "/", tag = $tag, params($params),
                                            responses((status = 200, body = $page), $crate::edge::problem::Problems)
                                        )]
        pub(crate) async fn $list(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::query::Params(params): $crate::edge::query::Params<$params>,
        ) -> Result<$page, $crate::Problem> {
            let request = $crate::edge::query::list_request(params.limit, params.cursor);
            let operation = &switchtower_domain::operation::$list;
            Ok(api.control.list_by::<$kind>(&call, operation, params.$filter, request).await?.into())
        }
    };
}

/// Makes the get handler of a kind.
macro_rules! get {
    ($kind:ident, id $id:ident, view $view:ident, tag $tag:literal, get $get:ident, $doc:literal) => {
        #[doc = $doc]
        #[utoipa::path(
                    get, path = "/{id}", tag = $tag, params(("id" = $id, Path)),
                    responses((status = 200, body = $view, headers(("ETag" = String))), $crate::edge::problem::Problems)
                )]
        pub(crate) async fn $get(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(id): $crate::edge::id::PathId<$kind>,
        ) -> Result<$view, $crate::Problem> {
            let resource = api.control.get(&call, &switchtower_domain::operation::$get, id).await?;
            Ok($crate::edge::view::View(resource))
        }
    };
}

/// Makes the delete handler of a kind, which calls a use case of its own.
macro_rules! delete {
    ($kind:ident, id $id:ident, tag $tag:literal, delete $delete:ident) => {
        #[doc = concat!("Deletes a ", stringify!($kind), " that nothing needs.")]
        #[utoipa::path(
                    summary = concat!("Deletes one of the tenant's ", $tag, " that nothing needs."),
                    delete, path = "/{id}", tag = $tag, params(("id" = $id, Path), $crate::edge::etag::IfMatchHeader),
                    responses((status = 204), $crate::edge::problem::Problems)
                )]
        pub(crate) async fn $delete(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(id): $crate::edge::id::PathId<$kind>,
            $crate::edge::etag::IfMatch(if_match): $crate::edge::etag::IfMatch,
        ) -> Result<http::StatusCode, $crate::Problem> {
            api.control.$delete(&call, switchtower_control::resource::Target { id, if_match }).await?;
            Ok(http::StatusCode::NO_CONTENT)
        }
    };
}

/// Makes handlers of transitions: `POST /{id}/<verb>`, each calling the use case of its own name.
macro_rules! actions {
    ($kind:ident, id $id:ident, view $view:ident, tag $tag:literal, $($action:ident $path:literal $doc:literal,)+) => {$(
        #[doc = $doc]
        #[utoipa::path(
            post, path = $path, tag = $tag,
            params(("id" = $id, Path), $crate::edge::etag::IfMatchHeader, $crate::edge::request::IdempotencyHeader),
            responses((status = 200, body = $view, headers(("ETag" = String))), $crate::edge::problem::Problems)
        )]
        pub(crate) async fn $action(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(id): $crate::edge::id::PathId<$kind>,
            $crate::edge::etag::IfMatch(if_match): $crate::edge::etag::IfMatch,
        ) -> Result<$view, $crate::Problem> {
            let target = switchtower_control::resource::Target { id, if_match };
            Ok($crate::edge::view::View(api.control.$action(&call, target).await?))
        }
    )+};
}

/// As [`actions!`], for transitions that somebody may give a reason for. The documentation may have several paragraphs.
macro_rules! reasoned {
    ($kind:ident, id $id:ident, view $view:ident, tag $tag:literal, $($action:ident $path:literal $($doc:literal)+,)+) => {$(
        $(#[doc = $doc])+
        #[utoipa::path(
            post, path = $path, tag = $tag, request_body = Option<$crate::edge::reason::Reason>,
            params(("id" = $id, Path), $crate::edge::etag::IfMatchHeader, $crate::edge::request::IdempotencyHeader),
            responses((status = 200, body = $view, headers(("ETag" = String))), $crate::edge::problem::Problems)
        )]
        pub(crate) async fn $action(
            axum::extract::State(api): axum::extract::State<$crate::Api>,
            $crate::edge::call::Known(call): $crate::edge::call::Known,
            $crate::edge::id::PathId(id): $crate::edge::id::PathId<$kind>,
            $crate::edge::etag::IfMatch(if_match): $crate::edge::etag::IfMatch,
            body: Option<$crate::edge::body::Body<$crate::edge::reason::Reason>>,
        ) -> Result<$view, $crate::Problem> {
            let target = switchtower_control::resource::Target { id, if_match };
            let reason = $crate::edge::reason::reason(body.as_ref());
            Ok($crate::edge::view::View(api.control.$action(&call, target, reason).await?))
        }
    )+};
}

pub(crate) use {actions, crud, delete, get, list, list_by, reasoned};
