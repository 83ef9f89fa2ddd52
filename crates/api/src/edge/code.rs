//! The registry of problem codes: stable words that clients may act on.

use http::StatusCode;

/// A code of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The word.
    pub name: &'static str,
    /// The HTTP status that it comes with.
    pub status: StatusCode,
    /// What it is, in a few words.
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident $status:ident $title:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`: ", $title, ".")]
            #[allow(non_upper_case_globals, reason = "named as clients read it")]
            pub const $name: Code =
                Code { name: stringify!($name), status: StatusCode::$status, title: $title };
        )*

        /// Every code.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    malformed_json BAD_REQUEST "The body is not JSON";
    invalid_body BAD_REQUEST "Some fields are not valid";
    invalid_query BAD_REQUEST "The query parameters are not valid";
    too_much_usage BAD_REQUEST "That is too much to add up at once";
    invalid_cursor BAD_REQUEST "The cursor does not belong to this list";
    invalid_header BAD_REQUEST "A header is not valid";
    invalid_idempotency_key BAD_REQUEST "The idempotency key is not valid";
    invalid_document BAD_REQUEST "The document cannot be imported";
    tenant_required BAD_REQUEST "Say which tenant";
    gateway_id_not_allowed BAD_REQUEST "An API service names no gateway";
    cluster_required BAD_REQUEST "A publish names its cluster";
    unauthenticated UNAUTHORIZED "Say who you are";
    invalid_token UNAUTHORIZED "The token is not valid";
    invalid_api_key UNAUTHORIZED "The API key is not valid";
    agent_revoked UNAUTHORIZED "The agent is not known any more";
    registration_token_invalid UNAUTHORIZED "The registration token is not valid";
    permission_denied FORBIDDEN "A permission is missing";
    tenant_suspended FORBIDDEN "The tenant is suspended";
    not_found NOT_FOUND "There is no such resource";
    generation_not_found NOT_FOUND "There is no such generation to deploy";
    no_such_endpoint NOT_FOUND "There is no such endpoint";
    method_not_allowed METHOD_NOT_ALLOWED "The endpoint does not know the method";
    name_taken CONFLICT "The name is taken";
    wrong_state CONFLICT "The state does not allow it";
    already_subscribed CONFLICT "There is a subscription already";
    in_use CONFLICT "Others need the resource";
    busy CONFLICT "Others are changing the resource";
    cluster_not_provisioned CONFLICT "The cluster has no queue yet";
    rollout_under_way CONFLICT "Another rollout of the product is under way";
    not_publishable CONFLICT "The publish cannot be deployed as it is";
    registration_token_used CONFLICT "The registration token was used";
    idempotency_key_in_use CONFLICT "The same request is running";
    stale_revision PRECONDITION_FAILED "The resource has changed since";
    too_large PAYLOAD_TOO_LARGE "It is too large";
    unsupported_media_type UNSUPPORTED_MEDIA_TYPE "The media type is not supported";
    idempotency_key_reused UNPROCESSABLE_ENTITY "The idempotency key came with another request";
    throttled TOO_MANY_REQUESTS "Too many requests";
    internal INTERNAL_SERVER_ERROR "Something went wrong on our side";
    unavailable SERVICE_UNAVAILABLE "The service is unavailable for a moment";
}

/// The code of that name.
pub fn find(name: &str) -> Option<Code> {
    ALL.iter().copied().find(|code| code.name == name)
}
