//! The servers of a document, and which one answers.

use indexmap::IndexMap;

use crate::{
    document::Server,
    error::ImportError,
    note::{Notes, cut, pointer},
    server::{Address, BaseUrl, Location, ServerProblem, locate},
};

/// All servers met so far.
pub(super) struct Servers<'a> {
    base: Option<&'a BaseUrl>,
    met: IndexMap<Address, Met>,
}

/// Where a server was first met, and whether a route sends requests to it.
struct Met {
    pointer: String,
    used: bool,
}

/// What came of the servers at one level.
enum Choice {
    First(Location),
    /// None could be used; the reason of the first.
    None(String),
}

impl<'a> Servers<'a> {
    pub(super) fn new(base: Option<&'a BaseUrl>) -> Self {
        Self { base, met: IndexMap::new() }
    }

    /// The document's own; an error only if an operation needs one. Without any, OpenAPI says `/`.
    pub(super) fn of_document(&mut self, servers: &[Server], notes: &mut Notes) -> Result<Location, ImportError> {
        let root = [Server { url: Some("/".to_owned()), ..Server::default() }];
        let servers = if servers.is_empty() { &root } else { servers };
        match self.choose(servers, "", notes)? {
            Choice::First(location) => Ok(location),
            Choice::None(reason) => Err(ImportError::NoUsableServer { pointer: "/servers/0".to_owned(), reason }),
        }
    }

    /// Those of a path or an operation; `None` when none can be used, which is noted.
    pub(super) fn of_part(
        &mut self,
        servers: &[Server],
        at: &str,
        notes: &mut Notes,
    ) -> Result<Option<Location>, ImportError> {
        match self.choose(servers, at, notes)? {
            Choice::First(location) => Ok(Some(location)),
            Choice::None(_) => {
                let detail = "None of the servers can be a backend, so this has no route.";
                notes.add(pointer(at, "servers"), "no_usable_server", detail);
                Ok(None)
            }
        }
    }

    /// A route sends requests there.
    pub(super) fn used(&mut self, address: &Address) {
        if let Some(met) = self.met.get_mut(address) {
            met.used = true;
        }
    }

    /// All addresses; those that get no requests are noted.
    pub(super) fn finish(self, notes: &mut Notes) -> Vec<Address> {
        for (address, met) in &self.met {
            if !met.used {
                let detail = format!(
                    "`{}` becomes a backend without requests: the first of several servers gets them.",
                    address.label()
                );
                notes.add(met.pointer.clone(), "server_unused", detail);
            }
        }
        self.met.into_keys().collect()
    }

    fn note_variables(&self, server: &Server, at: &str, notes: &mut Notes) {
        if let Some((name, variable)) = server.variables.first() {
            let detail = format!(
                "Variables of a server take their defaults, here `{}` for `{}`; edit the backend for other values.",
                cut(variable.default.as_deref().unwrap_or_default(), 60),
                cut(name, 60)
            );
            notes.add(format!("{at}/variables"), "server_variables", detail);
        }
    }

    fn choose(&mut self, servers: &[Server], at: &str, notes: &mut Notes) -> Result<Choice, ImportError> {
        let (mut first, mut relative, mut reason) = (None, Vec::new(), None);
        for (index, server) in servers.iter().enumerate() {
            let at = format!("{at}/servers/{index}");
            match locate(server, self.base) {
                Ok(location) => {
                    self.note_variables(server, &at, notes);
                    self.met.entry(location.address.clone()).or_insert(Met { pointer: at, used: false });
                    first.get_or_insert(location);
                }
                Err(ServerProblem::Relative(url)) => relative.push((at, url)),
                Err(ServerProblem::Unusable(code, detail)) => {
                    notes.add(at, code, detail.clone());
                    reason.get_or_insert(detail);
                }
            }
        }
        let Some(first) = first else {
            return match relative.into_iter().next() {
                Some((pointer, url)) => Err(ImportError::BaseUrlNeeded { pointer, url }),
                None => Ok(Choice::None(reason.unwrap_or_default())),
            };
        };
        for (at, _) in relative {
            notes.add(at, "server_relative", "The server is relative and no base URL was given, so it is left out.");
        }
        Ok(Choice::First(first))
    }
}
