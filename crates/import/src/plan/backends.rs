//! The document's servers meet the backends that exist.

use std::collections::{HashMap, HashSet};

use switchtower_domain::{
    api_service::{Backend, BackendInput, Part},
    id::BackendId,
};

use super::{IdSource, ledger::Ledger};
use crate::{
    name::{Names, backend_name},
    note::Notes,
    server::Address,
};

/// Backends of before and new ones.
pub(super) struct Merged<'a> {
    backends: Vec<Backend>,
    /// Which backend is which address; a deleted one, too, so that its routes still know it.
    pub(super) ids: HashMap<Address, BackendId>,
    /// The deleted ones that the document has, with what it says of them.
    deleted: Vec<(&'a Backend, BackendInput)>,
    names: Names,
}

/// Whether a backend is taken for an address, by what it is and what the last import left.
type Fits = fn(&Backend, &BackendInput, &Address) -> bool;

/// Finds a backend for every address, and makes those that are missing.
pub(super) fn merge<'a>(
    current: &[Backend],
    deleted: &'a [Backend],
    addresses: &[Address],
    ledger: &mut Ledger<'_, Backend>,
    ids: &mut dyn IdSource,
) -> Merged<'a> {
    let known: Vec<(&Backend, BackendInput)> =
        current.iter().chain(deleted).map(|backend| (backend, ledger.base_spec(backend).into_owned())).collect();
    let mut merged =
        Merged { backends: current.to_vec(), ids: HashMap::new(), deleted: Vec::new(), names: Names::default() };
    current.iter().for_each(|backend| merged.names.take(&backend.spec.name));
    let found = find(&known, addresses);
    for address in addresses {
        let Some(id) = found.get(address) else {
            let name = merged.names.free(&backend_name(&address.label()));
            ledger.add(&name);
            let spec = BackendInput::new(name, address.scheme, vec![address.endpoint()]);
            let backend = Backend::imported(ids.backend(), spec);
            merged.ids.insert(address.clone(), backend.id);
            merged.backends.push(backend);
            continue;
        };
        merged.ids.insert(address.clone(), *id);
        let Some((_, base)) = known.iter().find(|(backend, _)| backend.id == *id) else { continue };
        let said = specified(base.clone(), address);
        if let Some(backend) = deleted.iter().find(|backend| backend.id == *id) {
            merged.deleted.push((backend, said));
        } else if let Some(backend) = merged.backends.iter_mut().find(|backend| backend.id == *id)
            && !backend.origin.is_manual()
        {
            *backend = ledger.settled(backend, said);
        }
    }
    merged
}

/// What listens there, an imported one before one made by hand; then, of the imported, what a person made listen there,
/// then what has the name.
fn find(known: &[(&Backend, BackendInput)], addresses: &[Address]) -> HashMap<Address, BackendId> {
    let passes: [Fits; 4] = [
        |backend, base, address| !backend.origin.is_manual() && is_at(base, address),
        |backend, _, address| backend.origin.is_manual() && is_at(&backend.spec, address),
        |backend, _, address| !backend.origin.is_manual() && is_at(&backend.spec, address),
        |backend, base, address| !backend.origin.is_manual() && base.name == backend_name(&address.label()),
    ];
    let mut found = HashMap::new();
    let mut taken: HashSet<BackendId> = HashSet::new();
    for fits in passes {
        for address in addresses {
            if found.contains_key(address) {
                continue;
            }
            let free = |(backend, base): &&(&Backend, BackendInput)| {
                !taken.contains(&backend.id) && fits(backend, base, address)
            };
            if let Some((backend, _)) = known.iter().find(free) {
                taken.insert(backend.id);
                found.insert(address.clone(), backend.id);
            }
        }
    }
    found
}

/// Whether the backend is that address and no other.
fn is_at(spec: &BackendInput, address: &Address) -> bool {
    spec.scheme == address.scheme
        && matches!(spec.endpoints.as_slice(), [one] if one.host == address.host && one.port == address.port)
}

/// The backend at that address; the rest is as it was, but for TLS where there is none.
fn specified(base: BackendInput, address: &Address) -> BackendInput {
    BackendInput {
        scheme: address.scheme,
        endpoints: vec![address.endpoint()],
        tls: base.tls.filter(|_| address.scheme.is_tls()),
        ..base
    }
}

impl Merged<'_> {
    /// The backends without those that the document no longer has and no route uses, and with those that a person
    /// deleted and a route needs again.
    pub(super) fn finish(
        mut self,
        used: &HashSet<BackendId>,
        ledger: &mut Ledger<'_, Backend>,
        notes: &mut Notes,
    ) -> Vec<Backend> {
        let wanted: HashSet<BackendId> = self.ids.into_values().collect();
        let mut backends = Vec::new();
        for backend in self.backends {
            if wanted.contains(&backend.id) {
                backends.push(backend);
            } else if !backend.origin.is_manual() && used.contains(&backend.id) {
                let detail = format!(
                    "The document no longer has the backend `{}`; it stays while routes send requests to it.",
                    backend.spec.name
                );
                notes.add("/servers", "backend_in_use", detail);
                ledger.changes.unchanged += 1;
                ledger.keep_base(&backend);
                backends.push(backend);
            } else {
                backends.extend(ledger.dropped(&backend));
            }
        }
        for (backend, said) in self.deleted {
            if used.contains(&backend.id) {
                let detail = format!(
                    "The backend `{}` was deleted by a person; it is back because routes of the document need it.",
                    backend.spec.name
                );
                notes.add("/servers", "backend_restored", detail);
                backends.push(ledger.restored(backend, &said, &mut self.names));
            } else {
                backends.extend(ledger.deleted(backend, &said, &mut self.names));
            }
        }
        backends
    }
}
