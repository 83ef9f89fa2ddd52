//! Notes on what a document has and routes do not.

use crate::{
    document::{Extensions, Extras, Foreign, Operation, Parameters, PathItem, Root},
    note::{Notes, cut, pointer},
};

pub(super) fn on_document(root: &Root, notes: &mut Notes) {
    if root.has_webhooks {
        notes.add("/webhooks", "webhooks_ignored", "Webhooks are requests that the API makes, so they are no routes.");
    }
    on_parameters("/components/parameters", root.components.parameters, notes);
    on_extensions("", &root.extensions, notes);
    on_extensions("/info", &root.info.extensions, notes);
    on_extras("", &root.extras, notes);
}

pub(super) fn on_path_item(at: &str, item: &PathItem, notes: &mut Notes) {
    if item.parameters != Parameters::default() {
        on_parameters(&pointer(at, "parameters"), item.parameters, notes);
    }
    on_extensions(at, &item.extensions, notes);
    on_extras(at, &item.extras, notes);
}

pub(super) fn on_operation(at: &str, operation: &Operation, notes: &mut Notes) {
    if operation.has_callbacks {
        let detail = "Callbacks are requests that the API makes, so they are no routes.";
        notes.add_once(pointer(at, "callbacks"), "callbacks_ignored", detail);
    }
    if operation.links.0 {
        let detail = "Links between operations are for clients, so they are left out.";
        notes.add_once(pointer(at, "responses"), "links_ignored", detail);
    }
    if operation.parameters != Parameters::default() {
        on_parameters(&pointer(at, "parameters"), operation.parameters, notes);
    }
    on_extensions(at, &operation.extensions, notes);
    on_extras(at, &operation.extras, notes);
}

fn on_parameters(at: &str, parameters: Parameters, notes: &mut Notes) {
    if parameters.in_cookie {
        let detail = "Routes do not compare cookies, so parameters in cookies are left out.";
        notes.add_once(at, "cookie_parameters_ignored", detail);
    }
    if parameters.is_required {
        let detail = "That a query parameter or header is required is left to the backend: as a match, the gateway would \
                      answer 404 without it, where the backend says what is missing.";
        notes.add_once(at, "required_parameters_ignored", detail);
    }
}

fn on_extensions(at: &str, extensions: &Extensions, notes: &mut Notes) {
    let Some(remarks) = extensions.remarks() else { return };
    if let Some(Foreign { key, prefix, owner }) = &remarks.foreign {
        let detail =
            format!("Fields that start with `{prefix}` configure {owner}. They are kept, without effect here.");
        notes.add_first(pointer(at, key), "gateway_extension", prefix, detail);
    }
    if let Some(key) = &remarks.omitted {
        let others = match remarks.omitted_count {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let detail = format!(
            "`{}`{others} left out: an object keeps at most 16 extensions of 4,000 bytes together, nested at most 12 \
             levels deep.",
            cut(key, 60)
        );
        notes.add(pointer(at, key), "extension_too_large", detail);
    }
}

fn on_extras(at: &str, extras: &Extras, notes: &mut Notes) {
    for field in &extras.unknown {
        let at = pointer(at, field);
        if ["query", "additionalOperations"].contains(&field.as_str()) {
            notes.add(at, "unsupported_method", "Routes do not have this method, so it is left out.");
        } else {
            let detail = format!("`{}` is no field of OpenAPI 3, so it is left out.", cut(field, 60));
            notes.add(at, "unknown_field", detail);
        }
    }
}
