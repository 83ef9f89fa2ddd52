//! `/v1/provider/products`: products.

use switchtower_domain::product::{Product, ProductId, ProductInput};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    edge::crud::{actions, crud, delete, list},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(product_create, product_list))
        .routes(routes!(product_get, product_replace, product_patch, product_delete))
        .routes(routes!(product_activate))
        .routes(routes!(product_draft))
        .routes(routes!(product_archive))
}

crud! {
    Product, input ProductInput, id ProductId, view ProductView, at "/v1/provider/products", tag "products",
    create product_create, get product_get, replace product_replace, patch product_patch,
    edits "What is deployed stays as it is until it is published again.",
}
list! { Product, view ProductView, page ProductPage, tag "products", list product_list }
delete! { Product, id ProductId, tag "products", delete product_delete }
actions! {
    Product, id ProductId, view ProductView, tag "products",
    product_activate "/{id}/activate" "Lets a product be published. It needs an API service.",
    product_draft "/{id}/draft" "Takes a product back to be worked on; what is deployed stays.",
    product_archive "/{id}/archive" "Keeps a product for the record; what is deployed stays.",
}
