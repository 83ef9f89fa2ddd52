//! `/v1/provider/gateways`: gateway templates.

use switchtower_domain::gateway::{Gateway, GatewayId, GatewayInput};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    edge::crud::{actions, crud, delete, list},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(gateway_create, gateway_list))
        .routes(routes!(gateway_get, gateway_replace, gateway_patch, gateway_delete))
        .routes(routes!(gateway_activate))
        .routes(routes!(gateway_deactivate))
}

crud! {
    Gateway, input GatewayInput, id GatewayId, view GatewayView, at "/v1/provider/gateways", tag "gateways",
    create gateway_create, get gateway_get, replace gateway_replace, patch gateway_patch,
    edits "What is deployed stays as it is until it is published again.",
}
list! { Gateway, view GatewayView, page GatewayPage, tag "gateways", list gateway_list }
delete! { Gateway, id GatewayId, tag "gateways", delete gateway_delete }
actions! {
    Gateway, id GatewayId, view GatewayView, tag "gateways",
    gateway_activate "/{id}/activate" "Lets a gateway template be published with.",
    gateway_deactivate "/{id}/deactivate" "Keeps a gateway template from being published with; what is deployed stays.",
}
