//! Every operation of the OpenAPI document.

use std::sync::LazyLock;

use http::Method;
use serde_json::Value;
use switchtower_api::openapi;

/// An operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its id, as in the table of operations.
    pub id: String,
    /// Its method.
    pub method: Method,
    /// Its path, with names in braces.
    pub path: String,
    /// Whether anybody may call it.
    pub is_public: bool,
}

static ALL: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let document = serde_json::to_value(openapi::document()).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("the document has paths");
    paths.iter().flat_map(|(path, item)| operations(path, item)).collect()
});

/// All of them.
pub fn all() -> &'static [Operation] {
    &ALL
}

fn operations<'d>(path: &'d str, item: &'d Value) -> impl Iterator<Item = Operation> + 'd {
    let item = item.as_object().expect("a path is an object");
    item.iter().filter_map(move |(method, operation)| {
        let id = operation["operationId"].as_str()?.to_owned();
        let method = method.to_uppercase().parse().expect("a method");
        let is_public = operation["security"].as_array().is_none_or(Vec::is_empty);
        Some(Operation { id, method, path: path.to_owned(), is_public })
    })
}
