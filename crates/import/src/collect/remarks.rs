//! Notes on what a document has and routes do not.

use crate::{
    document::{Extras, Operation, PathItem, Root},
    note::{Notes, cut, pointer},
};

pub(super) fn on_document(root: &Root, notes: &mut Notes) {
    if root.has_webhooks {
        notes.add("/webhooks", "webhooks_ignored", "Webhooks are requests that the API makes, so they are no routes.");
    }
    if root.has_security || root.components.has_security_schemes {
        let detail = "Who may call is set where a product is published, so security schemes are left out.";
        let at = if root.has_security { "/security" } else { "/components/securitySchemes" };
        notes.add(at, "security_ignored", detail);
    }
    on_extras("", &root.extras, notes);
}

pub(super) fn on_path_item(at: &str, item: &PathItem, notes: &mut Notes) {
    on_extras(at, &item.extras, notes);
}

pub(super) fn on_operation(at: &str, operation: &Operation, notes: &mut Notes) {
    if operation.has_callbacks {
        let detail = "Callbacks are requests that the API makes, so they are no routes.";
        notes.add_once(pointer(at, "callbacks"), "callbacks_ignored", detail);
    }
    on_extras(at, &operation.extras, notes);
}

fn on_extras(at: &str, extras: &Extras, notes: &mut Notes) {
    if extras.extended {
        notes.add_once(at, "extensions_ignored", "Fields that start with `x-` are left out, here and elsewhere.");
    }
    for field in &extras.unknown {
        let at = pointer(at, field);
        if ["query", "additionalOperations"].contains(&field.as_str()) {
            notes.add(at, "unsupported_method", "Routes do not have this method, so it is left out.");
        } else {
            let detail = format!("`{}` is no field of OpenAPI 3.0 or 3.1, so it is left out.", cut(field, 60));
            notes.add(at, "unknown_field", detail);
        }
    }
}
