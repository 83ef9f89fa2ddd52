//! The document's servers meet the backends that exist.

use std::collections::{HashMap, HashSet};

use switchtower_domain::{
    api_service::{Backend, BackendInput, Origin, Scheme},
    id::BackendId,
};

use super::{IdSource, changes::PartChanges};
use crate::{
    name::{Names, backend_name},
    note::Notes,
    server::Address,
};

/// Backends of before and new ones.
pub(super) struct Merged {
    backends: Vec<Backend>,
    /// Which backend is which address.
    pub(super) ids: HashMap<Address, BackendId>,
}

/// Whether a backend is taken for an address.
type Fits = fn(&Backend, &Address) -> bool;

/// Finds a backend for every address, and makes those that are missing.
pub(super) fn merge(
    current: &[Backend],
    addresses: &[Address],
    overwrite: bool,
    ids: &mut dyn IdSource,
    changes: &mut PartChanges,
) -> Merged {
    let mut merged = Merged { backends: current.to_vec(), ids: HashMap::new() };
    let mut taken: HashSet<BackendId> = HashSet::new();
    // What listens there now, an imported one before one made by hand; then, of the imported, what has the name.
    let passes: [Fits; 3] = [
        |backend, address| !backend.origin.is_manual() && is_at(backend, address),
        |backend, address| backend.origin.is_manual() && is_at(backend, address),
        |backend, address| !backend.origin.is_manual() && backend.spec.name == backend_name(&address.label()),
    ];
    for fits in passes {
        for address in addresses {
            if merged.ids.contains_key(address) {
                continue;
            }
            if let Some(backend) = current.iter().find(|known| !taken.contains(&known.id) && fits(known, address)) {
                taken.insert(backend.id);
                merged.ids.insert(address.clone(), backend.id);
            }
        }
    }
    let mut names = Names::default();
    current.iter().for_each(|backend| names.take(&backend.spec.name));
    for address in addresses {
        match merged.ids.get(address) {
            Some(id) => {
                let known = merged.backends.iter_mut().find(|backend| backend.id == *id);
                if let Some(backend) = known.filter(|backend| !backend.origin.is_manual()) {
                    let spec = respecified(&backend.spec, address);
                    changes.settle(backend, spec, overwrite);
                }
            }
            None => {
                let name = names.free(&backend_name(&address.label()));
                changes.add(&name);
                let id = ids.backend();
                merged.ids.insert(address.clone(), id);
                let spec = BackendInput::new(name, address.scheme, vec![address.endpoint()]);
                merged.backends.push(Backend { id, origin: Origin::Imported, spec });
            }
        }
    }
    merged
}

/// Whether the backend is that address and no other.
fn is_at(backend: &Backend, address: &Address) -> bool {
    backend.spec.scheme == address.scheme && backend.spec.endpoints == [address.endpoint()]
}

/// The backend at that address; its name and its TLS name stay, since no document says them.
fn respecified(spec: &BackendInput, address: &Address) -> BackendInput {
    BackendInput {
        scheme: address.scheme,
        endpoints: vec![address.endpoint()],
        tls: spec.tls.clone().filter(|_| address.scheme == Scheme::Https),
        ..spec.clone()
    }
}

impl Merged {
    /// The backends without those that the document no longer has and no route uses.
    pub(super) fn retire(
        self,
        used: &HashSet<BackendId>,
        overwrite: bool,
        changes: &mut PartChanges,
        notes: &mut Notes,
    ) -> Vec<Backend> {
        let wanted: HashSet<BackendId> = self.ids.into_values().collect();
        let mut backends = self.backends;
        backends.retain_mut(|backend| {
            if wanted.contains(&backend.id) {
                return true;
            }
            if !backend.origin.is_manual() && used.contains(&backend.id) {
                let detail = format!(
                    "The document no longer has the backend `{}`; it stays while routes send requests to it.",
                    backend.spec.name
                );
                notes.add("/servers", "backend_in_use", detail);
                changes.unchanged += 1;
                return true;
            }
            changes.stays(backend, overwrite)
        });
        backends
    }
}
