//! Every operation of a document with the server that answers it.

mod remarks;
mod servers;

use std::rc::Rc;

use switchtower_domain::api_service::Method;

use self::servers::Servers;
use crate::{
    document::{Document, Operation, PathItem},
    error::ImportError,
    note::{Notes, pointer},
    reference,
    server::{Address, BaseUrl, Location},
};

/// An operation and where it is answered.
pub(crate) struct Target<'a> {
    pub(crate) template: &'a str,
    pub(crate) method: Method,
    pub(crate) operation: &'a Operation,
    /// Its path item and those that this refers to, nearest first.
    pub(crate) layers: Rc<[&'a PathItem]>,
    pub(crate) location: Location,
}

/// What a document asks for.
pub(crate) struct Collected<'a> {
    pub(crate) targets: Vec<Target<'a>>,
    /// All usable servers, in the order met.
    pub(crate) addresses: Vec<Address>,
}

/// Walks the document, and notes what it cannot take along.
pub(crate) fn collect<'a>(
    document: &'a Document,
    base: Option<&'a BaseUrl>,
    notes: &mut Notes,
) -> Result<Collected<'a>, ImportError> {
    remarks::on_document(&document.root, notes);
    let mut walk = Walk { document, servers: Servers::new(base), notes, targets: Vec::new() };
    let default = walk.servers.of_document(&document.root.servers, walk.notes);
    for (template, item) in &document.root.paths {
        walk.path(template, item, &default)?;
    }
    let Walk { servers, notes, targets, .. } = walk;
    Ok(Collected { targets, addresses: servers.finish(notes) })
}

struct Walk<'a, 'n> {
    document: &'a Document,
    servers: Servers<'a>,
    notes: &'n mut Notes,
    targets: Vec<Target<'a>>,
}

impl<'a> Walk<'a, '_> {
    fn path(
        &mut self,
        template: &'a str,
        item: &'a PathItem,
        default: &Result<Location, ImportError>,
    ) -> Result<(), ImportError> {
        let at = pointer("/paths", template);
        let (layers, problem) = reference::layers(self.document, item);
        if let Some(problem) = problem {
            let (code, detail) = problem.explain();
            self.notes.add(pointer(&at, "$ref"), code, detail);
        }
        layers.iter().for_each(|layer| remarks::on_path_item(&at, layer, self.notes));
        let layers: Rc<[&PathItem]> = layers.into();
        let inherited = match layers.iter().find(|layer| !layer.servers.is_empty()) {
            Some(layer) => match self.servers.of_part(&layer.servers, &at, self.notes)? {
                Some(location) => Ok(location),
                None => return Ok(()),
            },
            None => default.clone(),
        };
        let mut seen: Vec<Method> = Vec::new();
        for (method, operation) in layers.iter().flat_map(|layer| &layer.operations) {
            if seen.contains(method) {
                continue;
            }
            seen.push(*method);
            let at = pointer(&at, &method.as_str().to_ascii_lowercase());
            remarks::on_operation(&at, operation, self.notes);
            let location = if operation.servers.is_empty() {
                inherited.clone()?
            } else if let Some(location) = self.servers.of_part(&operation.servers, &at, self.notes)? {
                location
            } else {
                continue;
            };
            self.servers.used(&location.address);
            self.targets.push(Target { template, method: *method, operation, layers: Rc::clone(&layers), location });
        }
        Ok(())
    }
}
